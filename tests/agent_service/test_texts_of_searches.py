"""Searches of the chat return the passages: answers cite them."""

from agent_service.tools.schemas import with_texts


def test_a_search_never_leaves_the_passages_out() -> None:
    asked = {"query": "leave", "format": "compact"}
    assert with_texts("search_documents", asked) == {"query": "leave"}
    assert with_texts("list_documents", asked) == asked
    assert with_texts("search_documents", None) is None
