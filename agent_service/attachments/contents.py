"""The bytes of an attached file, out of the database in parts."""

from collections.abc import AsyncGenerator

from database.pool import Pool

PART_BYTES = 1 << 20


async def parts_of(pool: Pool, attachment_id: str, size: int, user: str) -> AsyncGenerator[bytes]:
    """So many bytes of the user's file; no more of them when it is deleted meanwhile."""
    for start in range(0, size, PART_BYTES):
        async with pool.connection() as connection:
            # As bytes: written in digits they would take twice as much.
            cursor = connection.cursor(binary=True)
            await cursor.execute(
                """
                select substr(stored.content, %(start)s, %(size)s)
                from attachments attachment
                join attachment_contents stored on stored.attachment_id = attachment.id
                where attachment.id = %(id)s and attachment.user_id = %(user_id)s
                """,
                {"id": attachment_id, "user_id": user, "start": start + 1, "size": PART_BYTES},
            )
            row = await cursor.fetchone()
        if row is None:
            return
        yield bytes(row[0])
