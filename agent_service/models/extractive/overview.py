"""What the extractive assistant says when it is asked which documents there are."""

import re

from agent_service.tools.schemas import DocumentList

MAX_SHOWN = 30

ASKS_FOR_DOCUMENTS = re.compile(
    r"(?:what(?:\s+is|['’]s)|tell\s+me\s+what\s+is)\s+in\s+(?:the|my|your|these)\s+(?:documents|files|knowledge\s+base)"
    r"|what\s+are\s+(?:the|my|your|these)\s+(?:documents|files)(?:\s+about)?"
    r"|(?:what|which)\s+(?:documents|files)\s+(?:are\s+there|do\s+(?:i|you|we)\s+have|can\s+you\s+(?:read|see|search))"
    r"|(?:list|show)(?:\s+me)?(?:\s+(?:all|the|my|your))*\s+(?:documents|files)"
    r"|what\s+do\s+you\s+know(?:\s+about)?",
    re.IGNORECASE,
)


def asks_for_documents(question: str) -> bool:
    """Whether a question (without its question mark) is about the documents as such."""
    return ASKS_FOR_DOCUMENTS.fullmatch(question) is not None


def documents_listed(found: DocumentList) -> str:
    """The titles of the documents, with their places."""
    if not found.documents:
        return "There are no documents yet. Add some with `owflex ingest PATH`."
    shown = found.documents[:MAX_SHOWN]
    lines = "\n".join(f"- {document.title} (`{document.source}`)" for document in shown)
    more = found.next_cursor is not None or len(found.documents) > len(shown)
    count = f"More than {len(shown)}" if more else str(len(shown))
    rest = "\n\nThere are more. Ask about a topic to find the right ones." if more else ""
    noun = "document" if count == "1" else "documents"
    return f"{count} {noun} to ask about:\n\n{lines}{rest}"
