"""The sites whose visitors may talk to the chat: each with a key, its origins, collections and limits."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address
from urllib.parse import urlsplit

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from agent_service.errors import AgentServiceError

Connection = AsyncConnection[TupleRow]

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
KEY_PREFIX = "owflex-site-"
MAX_SITES = 1000
MAX_ORIGINS = 20
MAX_COLLECTIONS = 50
MAX_PROMPT_CHARACTERS = 4000
MAX_MESSAGES = 1_000_000


class SiteError(AgentServiceError):
    """A site that cannot be as it was asked for; the message says how it could."""


@dataclass(frozen=True)
class NewSite:
    """A site to add: name, origins (`https://shop.example`), collections, messages a day, prompt."""

    name: str
    origins: Sequence[str]
    collections: Sequence[str]
    per_visitor: int
    per_day: int
    prompt: str | None = None

    def checked(self) -> "NewSite":
        """The same in one spelling. Raises `SiteError`."""
        if NAME.fullmatch(self.name) is None:
            raise SiteError(
                "The name of a site has up to 40 small letters, digits and hyphens, such as shop; it begins "
                "with a letter or a digit."
            )
        origins = tuple(dict.fromkeys(map(origin_in, self.origins)))
        collections = tuple(dict.fromkeys(self.collections))
        if not 1 <= len(origins) <= MAX_ORIGINS:
            raise SiteError(f"Name 1 to {MAX_ORIGINS} origins: --origin https://shop.example")
        if not 1 <= len(collections) <= MAX_COLLECTIONS:
            raise SiteError(f"Name 1 to {MAX_COLLECTIONS} collections: --collection handbook")
        if not all(1 <= number <= MAX_MESSAGES for number in (self.per_visitor, self.per_day)):
            raise SiteError(f"--per-visitor and --per-day are messages a day, 1 to {MAX_MESSAGES}.")
        prompt = (self.prompt or "").strip() or None
        if prompt is not None and (len(prompt) > MAX_PROMPT_CHARACTERS or "\x00" in prompt):
            raise SiteError(f"A prompt has at most {MAX_PROMPT_CHARACTERS} characters. Shorten it.")
        return NewSite(self.name, origins, collections, self.per_visitor, self.per_day, prompt)


@dataclass(frozen=True)
class Site:
    """A site as it is kept."""

    site_id: int
    name: str
    key: str
    origins: Sequence[str]
    collections: Sequence[str]
    prompt: str | None
    per_visitor: int
    per_day: int
    created_at: datetime
    revoked_at: datetime | None

    @property
    def rights_of(self) -> str:
        """Under which name the knowledge base keeps the rights of its visitors."""
        return rights_name(self.name)


def rights_name(name: str) -> str:
    """Under which name the knowledge base keeps the rights of a site's visitors."""
    return f"site:{name}"


def origin_in(text: str) -> str:
    """An origin as browsers send it, without the usual port. Raises `SiteError` for anything else."""
    try:
        parts = urlsplit(text.strip().lower())
        host, port = parts.hostname or "", parts.port
        host = f"[{IPv6Address(host)}]" if ":" in host else host.encode("idna").decode()
    except ValueError:
        raise _no_origin(text) from None
    rest = (parts.path.rstrip("/"), parts.query, parts.fragment, parts.username)
    if parts.scheme not in ("http", "https") or any(rest) or not re.fullmatch(r"[a-z0-9.-]+|\[.*\]", host):
        raise _no_origin(text)
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if port in (None, usual) else f":{port}")


async def add_site(connection: Connection, new: NewSite) -> Site:
    """Keep a site that was checked, with a key of its own. Raises `SiteError` where the name is taken."""
    values = vars(new) | {
        "key": KEY_PREFIX + secrets.token_urlsafe(18),
        "origins": list(new.origins),
        "collections": list(new.collections),
    }
    if len(await _read(connection, only_active=True)) >= MAX_SITES:
        raise SiteError(f"There are {MAX_SITES} sites. First: owflex site revoke NAME")
    try:
        await connection.execute(
            """
            insert into sites (name, key, origins, collections, prompt, per_visitor, per_day)
            values (%(name)s, %(key)s, %(origins)s, %(collections)s, %(prompt)s, %(per_visitor)s, %(per_day)s)
            """,
            values,
        )
    except psycopg.errors.UniqueViolation:
        raise _is_taken(new.name) from None
    return await active_site(connection, new.name)


async def check_free(connection: Connection, name: str) -> None:
    """Raise `SiteError` where a site has this name."""
    if any(site.name == name for site in await _read(connection, only_active=True)):
        raise _is_taken(name)


async def active_site(connection: Connection, name: str) -> Site:
    """The site that is called so and was not revoked. Raises `SiteError`."""
    for site in await _read(connection, only_active=True):
        if site.name == name:
            return site
    raise SiteError(f"There is no site {name} that could be revoked. Which there are: owflex site list")


async def list_sites(connection: Connection) -> list[Site]:
    """All sites by name; those that were revoked come last."""
    return await _read(connection, only_active=False)


async def active_sites(connection: Connection) -> list[Site]:
    """The sites whose keys are good."""
    return await _read(connection, only_active=True)


async def revoked_origins(connection: Connection) -> frozenset[str]:
    """The origins of sites that were revoked within the last year: pages there may still ask."""
    rows = await connection.execute(
        """
        select distinct unnest(origins)
        from sites
        where revoked_at > now() - interval '1 year'
        limit 10000
        """
    )
    return frozenset([origin async for (origin,) in rows])


async def revoke_site(connection: Connection, name: str) -> Site:
    """Let the key of a site and the tokens of its visitors open nothing more. Raises `SiteError`."""
    site = await active_site(connection, name)
    await connection.execute("update sites set revoked_at = now() where id = %(id)s", {"id": site.site_id})
    return site


async def _read(connection: Connection, *, only_active: bool) -> list[Site]:
    cursor = connection.cursor(row_factory=class_row(Site))
    await cursor.execute(
        """
        select id as site_id, name, key, origins, collections, prompt, per_visitor, per_day, created_at,
               revoked_at
        from sites
        where revoked_at is null or not %(only_active)s
        order by revoked_at is not null, name, id desc
        limit 2000
        """,
        {"only_active": only_active},
    )
    return await cursor.fetchall()


def _is_taken(name: str) -> SiteError:
    return SiteError(f"There is a site {name}. Choose another name, or first: owflex site revoke {name}")


def _no_origin(text: str) -> SiteError:
    return SiteError(f"{text!r} is no origin: it has a scheme and a host only, such as https://shop.example")
