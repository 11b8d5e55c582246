"""Collections that are there before a test, and who may do what with them."""

import psycopg


async def open_to_everyone(url: str, *collections: str, right: str = "add") -> None:
    """Make collections in which everyone who gets in has a right."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        for name in collections:
            await connection.execute("insert into collections (name) values (%s)", [name])
            await connection.execute(
                "update collection_rights set granted = %s where collection = %s", [right, name]
            )
