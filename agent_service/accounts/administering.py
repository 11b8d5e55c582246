"""What administrators do with people: on the page, and in part by `owflex user`.

All of it happens in a transaction of the caller, who has said in whose name.
"""

from agent_service.accounts.links import Purpose, make_link
from agent_service.accounts.people import (
    Connection,
    Person,
    find_person,
    forget_password,
    set_admin,
    set_disabled,
)
from agent_service.errors import RequestRefusedError

# The rows stay locked until the transaction ends: two who take it from each other take turns.
ADMINISTRATORS = """
select user_id, password_hash is not null or name is null as may_sign_in
from people
where is_admin and disabled_at is null
order by user_id
for update
"""


async def known(connection: Connection, user_id: str) -> Person:
    """The person. Raises `RequestRefusedError` (404)."""
    person = await find_person(connection, user_id)
    if person is None:
        raise RequestRefusedError("people.not_there", status=404, code="not_found")
    return person


async def link_to_password(connection: Connection, person: Person, purpose: Purpose) -> str:
    """The token of a one-time link to a first password, or to a new one after the old one has ended.

    Raises `RequestRefusedError` where the person can have none.
    """
    shown = person.name or person.user_id
    if person.name is None:
        raise _conflict("people.at_provider", "signs_in_elsewhere", name=shown)
    if person.disabled_at is not None:
        raise _conflict("people.disabled", "person_disabled", name=shown)
    if purpose == "invitation" and person.has_password:
        raise _conflict("people.has_password", "has_password", name=shown)
    if purpose == "reset":
        await forget_password(connection, person.user_id)
    return await make_link(connection, purpose, person.user_id)


async def shut_out(connection: Connection, person: Person, by: str) -> None:
    """Disable a person in the name of the administrator `by`. Raises `RequestRefusedError`."""
    await _check_other(connection, person, by)
    await set_disabled(connection, person.user_id, disabled=True)


async def take_admin(connection: Connection, person: Person, by: str) -> None:
    """Make a person no administrator any more. Raises `RequestRefusedError` for the last one."""
    others = await _others(connection, person, by)
    if person.is_admin and not any(others.values()):
        raise _conflict("people.last_admin", "last_administrator")
    await set_admin(connection, person.user_id, is_admin=False)


async def reset(connection: Connection, person: Person, by: str) -> str:
    """End a person's password and sessions; the token of a link to a new one.

    Raises `RequestRefusedError`, as for the one who does it.
    """
    await _check_other(connection, person, by)
    return await link_to_password(connection, person, "reset")


async def _check_other(connection: Connection, person: Person, by: str) -> None:
    """Refuse what would lock out the one who does it; that one stays, and so does an administrator."""
    if person.user_id == by:
        raise _conflict("people.yourself", "yourself")
    await _others(connection, person, by)


async def _others(connection: Connection, person: Person, by: str) -> dict[str, bool]:
    """The administrators besides the person, and whether they can sign in; they stay so until the end.

    Raises `RequestRefusedError` when `by` is none any more.
    """
    rows = await connection.execute(ADMINISTRATORS)
    found = {user_id: may_sign_in async for user_id, may_sign_in in rows}
    if by not in found:
        raise RequestRefusedError("admin.only", status=403, code="not_allowed")
    found.pop(person.user_id, None)
    return found


def _conflict(key: str, code: str, name: str = "") -> RequestRefusedError:
    return RequestRefusedError(key, status=409, code=code, name=name)
