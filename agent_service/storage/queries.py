"""How the stores talk to the chat database."""

from typing import Any, LiteralString, cast

from database.pool import Pool

NUL = "\x00"


async def fetch(pool: Pool, statement: LiteralString, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows a statement returns.

    Postgres has no text with NUL, so no id with one is stored: a statement that asks for it finds nothing.
    """
    if any(_has_nul(value) for value in values.values()):
        return []
    async with pool.connection() as connection:
        cursor = await connection.execute(statement, values)
        return await cursor.fetchall()


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return NUL in value
    if isinstance(value, list):
        return any(_has_nul(part) for part in cast(list[object], value))
    return False
