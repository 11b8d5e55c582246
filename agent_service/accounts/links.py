"""One-time links: to a first password, to a new one, or to the first administrator.

The token stands behind the # of an address: browsers send that to nobody, and so it is in no log of a server
and in no referrer.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from agent_service.accounts.people import (
    Connection,
    NewPerson,
    add_person,
    has_no_administrator,
    set_password,
)
from agent_service.accounts.secrets import hash_of, new_token
from agent_service.errors import RequestRefusedError

Purpose = Literal["setup", "invitation", "reset"]

PAGE = "invitation"
# What the chat writes to its log before the link, and `owflex up` looks for.
FIRST_ADMINISTRATOR = "There is no administrator yet. Become the first one, within a day: "
DAYS = {"setup": 1, "invitation": 7, "reset": 1}
MAKE = """
insert into one_time_links (token_hash, user_id, purpose, expires_at)
values (%(token_hash)s, %(user_id)s, %(purpose)s, now() + %(lasts)s)
"""
LOOK = """
select purpose, user_id, name
from one_time_links
left join people using (user_id)
where token_hash = %(token_hash)s and expires_at > now() and disabled_at is null
"""


@dataclass(frozen=True)
class Link:
    """What a link is for, and whose account it opens; nobody's, when it makes the first one."""

    purpose: Purpose
    user_id: str | None
    name: str | None


async def make_link(connection: Connection, purpose: Purpose, user_id: str | None) -> str:
    """The token of a new link, which is stored nowhere; earlier ones of the person open nothing more."""
    if user_id is not None:
        await connection.execute("delete from one_time_links where user_id = %s", (user_id,))
    token = new_token()
    values = {
        "token_hash": hash_of(token),
        "user_id": user_id,
        "purpose": purpose,
        "lasts": timedelta(days=DAYS[purpose]),
    }
    await connection.execute(MAKE, values)
    return token


def address_of_link(base: str, token: str) -> str:
    """The address to hand on; `base` is where browsers reach the chat, with or without a slash at its end."""
    return f"{base.rstrip('/')}/{PAGE}#{token}"


async def look_at(connection: Connection, token: str) -> Link:
    """What a link is for. Raises `RequestRefusedError` when it opens nothing (any more)."""
    row = await (await connection.execute(LOOK, {"token_hash": hash_of(token)})).fetchone()
    if row is None or (row[0] == "setup" and not await has_no_administrator(connection)):
        raise RequestRefusedError("accounts.link_used", status=410, code="link_used")
    return Link(*row)


async def use_link(connection: Connection, token: str, hashed: str, new: NewPerson) -> str:
    """Use it up, in a transaction of the caller: the password is set; the user id.

    `new` is the first administrator, whom only a link for that makes. Raises `RequestRefusedError`.
    """
    # Two who use links at the same moment take turns, so that there is one first administrator.
    await connection.execute("lock table one_time_links in share row exclusive mode")
    link = await look_at(connection, token)
    if link.user_id is None:
        user_id = (await add_person(connection, new)).user_id
        await connection.execute("delete from one_time_links where purpose = 'setup'")
    else:
        user_id = link.user_id
    await set_password(connection, user_id, hashed)
    return user_id
