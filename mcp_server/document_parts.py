"""A part of a document as an answer shows it: from a passage on, or at a place."""

from dataclasses import dataclass

from knowledge_base import documents as stored
from knowledge_base.access import Connection
from knowledge_base.document_lines import DocumentLines, read_lines
from knowledge_base.outline import Place, lines_at, within_tokens
from mcp_server.passages import joined, within_budget

# Most chunks to fetch for one part of a document; the token budget cuts far earlier.
MAX_CHUNKS = 200


@dataclass(frozen=True)
class DocumentPart:
    """Text of a document, and what names the part behind it."""

    document: stored.Document
    text: str
    next_position: int | None = None
    lines: str | None = None
    next_lines: str | None = None


async def part_from(
    connection: Connection, document_id: int, position: int, token_budget: int
) -> DocumentPart:
    """The passages from a position on. Raises `DocumentNotFoundError`."""
    document = await stored.get_document(connection, document_id)
    chunks = await stored.read_chunks(connection, document_id, from_position=position, limit=MAX_CHUNKS)
    part = list(within_budget(chunks, token_budget))
    following = position + len(part)
    more = bool(part) and following < document.chunks
    return DocumentPart(document, joined(part), following if more else None)


async def part_at(connection: Connection, document_id: int, place: Place, token_budget: int) -> DocumentPart:
    """The lines at a place, as many as fit. Raises `DocumentNotFoundError`, `PlaceUnknownError`."""
    document = await stored.get_document(connection, document_id)
    by_heading = place.heading is not None
    whole = (await read_lines(connection, [document_id], with_content=[], with_bold=by_heading)).get(
        document_id, DocumentLines([])
    )
    first, last = lines_at(whole, place)
    shown = within_tokens(whole, first, last, token_budget)
    positions = range(whole.place_at(first), whole.place_at(shown) + 1)
    read = await read_lines(
        connection,
        [document_id],
        with_content=[(document_id, whole.parts[number].position) for number in positions],
    )
    return DocumentPart(
        document,
        "\n".join(line for _, line in read[document_id].lines(first, shown)),
        lines=f"{first}-{shown} of {whole.count}",
        next_lines=f"{shown + 1}-{last}" if shown < last else None,
    )
