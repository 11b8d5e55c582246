"""Names that people would take for the same are not made twice: `G1` beside `g1`, or one letter in two forms.

What there is already keeps working, also where two such names are there from before.
"""

import unicodedata
from collections.abc import Iterable

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from knowledge_base.errors import NameTooCloseError

Connection = AsyncConnection[TupleRow]

# The chat keeps accounts in small letters (`agent_service.accounts.people.name_of`).
ACCOUNT = "account:"
PEOPLE = """
select user_id from group_members
union select subject from collection_rights where subject_kind = 'user'
"""


def form_of(name: str) -> str:
    """What two names have in common that differ only in case, width or the Unicode form of a letter."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def check_apart(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise `NameTooCloseError` for a new name that differs from a known one, or another new one, only so."""
    there = set(known)
    by_form = {form_of(name): name for name in there}
    for name in names:
        other = by_form.setdefault(form_of(name), name)
        if name not in there and other != name:
            raise NameTooCloseError(what, name, other)


async def check_people(connection: Connection, names: Iterable[str]) -> None:
    """The same for people in groups and with rights. Raises `NameTooCloseError`.

    Accounts have one form only, so that any other would be nobody.
    """
    known = {name async for (name,) in await connection.execute(PEOPLE)}
    asked = list(names)
    accounts = [form_of(name) for name in asked if name.casefold().startswith(ACCOUNT)]
    check_apart("person", asked, known | set(accounts))


async def check_collection(connection: Connection, name: str) -> None:
    """The same for a collection that comes with its first document. Raises `NameTooCloseError`."""
    known = {known async for (known,) in await connection.execute("select name from collections")}
    check_apart("collection", [name], known)
