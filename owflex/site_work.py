"""What `owflex site` does: sites are in the chat's database, what they may read in the knowledge base."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from rich.table import Table

from agent_service.settings.settings import AgentServiceSettings
from agent_service.visitors.quotas import messages_today
from agent_service.visitors.sites import (
    Connection,
    NewSite,
    Site,
    add_site,
    check_free,
    list_sites,
    revoke_site,
    rights_name,
)
from database.settings import read_settings
from knowledge_base.rights import Subject, grant
from owflex.errors import OwflexError
from owflex.in_chat import in_chat, run_on_installation
from owflex.in_knowledge_base import with_knowledge_base
from owflex.keeping.places import Installation
from owflex.supervision.programs import chat_listener
from serving.terminal import Console, escape, escape_line, json_line

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


class SiteCommandError(OwflexError):
    """What was asked for cannot be done; the text says why, and what can."""


def run_add(new: NewSite, *, as_json: bool) -> int:
    """Add a site and show its key; the exit code."""

    def run(installation: Installation) -> None:
        checked = new.checked()
        in_chat(installation, lambda connection: check_free(connection, checked.name))
        # First what it may read: a key that is out opens what was meant from the beginning.
        _set_rights(installation, checked.name, checked.collections)
        site = in_chat(installation, lambda connection: add_site(connection, checked))
        if as_json:
            _print_json(_facts(site) | {"html": _tags(site)})
            return
        console.print(f"The key of {site.name}:")
        console.print(site.key, markup=False, soft_wrap=True)
        console.print("It is no secret, and good in pages of these origins only. In the page:")
        console.print(_tags(site), markup=False, soft_wrap=True)
        _warn()

    return _run(run)


def run_list(*, as_json: bool) -> int:
    """Show all sites; the exit code."""

    async def read(connection: Connection) -> tuple[list[Site], dict[int, int]]:
        return await list_sites(connection), await messages_today(connection)

    def run(installation: Installation) -> None:
        sites, today = in_chat(installation, read)
        if as_json:
            _print_json([_facts(site) | {"messages_today": today.get(site.site_id, 0)} for site in sites])
            return
        _show(sites, today)

    return _run(run)


def run_revoke(name: str, *, as_json: bool) -> int:
    """Revoke a site; the exit code."""

    def run(installation: Installation) -> None:
        site = in_chat(installation, lambda connection: revoke_site(connection, name))
        _set_rights(installation, site.name, ())
        if as_json:
            _print_json({"revoked": site.name})
            return
        days = read_settings(AgentServiceSettings).visitor_days
        console.print(
            f"The site {site.name} is revoked: its key and its visitors' tokens open nothing more, within 5 "
            f"seconds. Their chats are removed {days} days after their last use.",
            soft_wrap=True,
        )

    return _run(run)


def _run(work: Callable[[Installation], None]) -> int:
    return run_on_installation(work, SiteCommandError)


def _set_rights(installation: Installation, name: str, collections: Sequence[str]) -> None:
    """Let the visitors of a site read these collections and nothing that another site of this name could.

    Raises `CollectionNotFoundError`, `OwnCollectionError`; then all is as it was.
    """

    async def change(connection: Connection) -> None:
        subject = Subject("user", rights_name(name))
        await connection.execute(
            """
            delete from collection_rights
            where subject_kind = 'user' and subject = %(subject)s and collection <> all (%(kept)s)
            """,
            {"subject": subject.name, "kept": list(collections)},
        )
        for collection in collections:
            await grant(connection, collection, subject, "read")

    asyncio.run(with_knowledge_base(installation.knowledge_base.url, change))


def _tags(site: Site) -> str:
    """What stands in the pages of the site."""
    settings = read_settings(AgentServiceSettings)
    base = (settings.agent_service_public_url or chat_listener(settings).url).rstrip("/")
    return (
        f'<script type="module" src="{base}/static/owflex-chat.js"></script>\n'
        f'<owflex-chat mode="button" site-key="{site.key}"></owflex-chat>'
    )


def _warn() -> None:
    settings = read_settings(AgentServiceSettings)
    if settings.agent_service_auth == "none":
        errors.print(
            "The chat has no login (AGENT_SERVICE_AUTH=none): whoever reaches it opens all of it without "
            "this key, too. Before it is reached by others: owflex config set AGENT_SERVICE_AUTH accounts",
            soft_wrap=True,
        )


def _show(sites: Sequence[Site], today: dict[int, int]) -> None:
    if not sites:
        console.print("There is no site yet. Let one in with: owflex site add NAME --origin … --collection …")
        return
    table = Table("Site", "Key", "Origins", "Collections", "Today", "A day", "Of one visitor", "State")
    for site in sites:
        texts = (site.name, site.key, " ".join(site.origins), ", ".join(site.collections))
        numbers = (str(today.get(site.site_id, 0)), str(site.per_day), str(site.per_visitor))
        state = "open" if site.revoked_at is None else f"revoked {site.revoked_at:%Y-%m-%d}"
        table.add_row(*map(escape_line, texts), *numbers, escape(state))
    console.print(table)


def _facts(site: Site) -> dict[str, object]:
    facts = asdict(site)
    return {name: _plain(value) for name, value in facts.items()} | {"reads_as": site.rights_of}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _print_json(value: object) -> None:
    console.print(json_line(value), markup=False, soft_wrap=True)
