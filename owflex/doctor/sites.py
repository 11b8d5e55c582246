"""What `owflex doctor` finds out about sites whose visitors may ask without a login."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import psycopg
from psycopg.rows import TupleRow

from agent_service.settings.settings import AgentServiceSettings
from agent_service.visitors.sites import Site, active_sites
from database.process import is_loopback
from database.settings import read_settings
from owflex.doctor.findings import Finding, bad, fine, warning

Connection = psycopg.AsyncConnection[TupleRow]
NAME = "sites"
EVERYONE = ""


async def readable_by_sites(connection: Connection) -> dict[str, set[str]]:
    """Which collections visitors of sites may read by `site:NAME`, and by `` as everyone may.

    Raises `psycopg.Error`.
    """
    rows = await connection.execute(
        """
        select subject, array_agg(collection)
        from collection_rights
        where subject_kind = 'everyone' or (subject_kind = 'user' and subject ~ '^site:')
        group by subject
        """
    )
    return {subject: set(collections) async for subject, collections in rows}


async def site_findings(connection: Connection, readable: Mapping[str, set[str]] | None) -> list[Finding]:
    """What keeps sites from working, and what they open; nothing where there is none.

    `readable` is what `readable_by_sites` says, None where nobody knows. Raises `psycopg.Error`.
    """
    sites = await active_sites(connection)
    if not sites:
        return []
    found = [finding for site in sites for finding in _of(site, readable)]
    if read_settings(AgentServiceSettings).agent_service_auth == "none":
        sentence = f"{len(sites)} have a key, and the chat has no login: who reaches it needs no key."
        found.append(warning(NAME, sentence, "Set AGENT_SERVICE_AUTH; see docs/users.md."))
    return found or [fine(NAME, f"{len(sites)} have a key, and may read what was granted to them.")]


def _of(site: Site, readable: Mapping[str, set[str]] | None) -> list[Finding]:
    found: list[Finding] = []
    if readable is not None:
        open_to_it = readable.get(site.rights_of, set()) | readable.get(EVERYONE, set())
        for name in [name for name in site.collections if name not in open_to_it]:
            sentence = f"Visitors of {site.name} find nothing in {name}: no right, or no such collection."
            cure = f"owflex collection grant {name} read --user {site.rights_of}"
            found.append(bad(NAME, sentence, cure))
    for origin in site.origins:
        address = urlsplit(origin)
        if address.scheme == "http" and not is_loopback(address.hostname or ""):
            sentence = f"{site.name} is at {origin}: what its visitors ask can be read on the way."
            found.append(warning(NAME, sentence, "Serve the site over https, and add it so."))
    return found
