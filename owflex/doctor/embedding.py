"""What `owflex doctor` says of the models that search with: whether they are here and fit the index."""

from knowledge_base.embedding import DEFAULT_MODEL
from knowledge_base.embedding.opening import can_be_opened, described
from knowledge_base.embedding.reranking import check_reranker
from knowledge_base.embedding_spaces import check_model
from knowledge_base.errors import KnowledgeBaseError
from owflex.doctor.findings import Finding, bad, bad_by, fine, unknown

EMBEDDING, RERANKING = "embedding model", "reranking model"


def embedding_finding(configured: str | None, in_use: str | None, dimensions: int) -> Finding:
    """The model of the settings beside that of the index, whose vectors have so many dimensions."""
    name = configured or in_use or DEFAULT_MODEL
    try:
        if in_use is not None:
            check_model(in_use, name.removeprefix("sentence-transformers/"))
        if not can_be_opened(name):
            return unknown(
                EMBEDDING,
                f"{name} is not on this machine; it is downloaded when it is first needed.",
                "Without internet access, set EMBEDDING_MODEL to a folder.",
            )
        # Reading it takes a while, and tells nothing where there is no index yet.
        files = None if in_use is None else described(name)
    except KnowledgeBaseError as error:
        return bad_by(EMBEDDING, error)
    if files is not None and files.facts.dimensions != dimensions:
        return bad(
            EMBEDDING,
            f"The vectors of the index have {dimensions} dimensions, {name} makes {files.facts.dimensions}.",
            "Put the former files of the model back, or build a new index: owflex model use PATH-OR-NAME",
        )
    return fine(EMBEDDING, f"{name} is on this machine.")


def reranking_finding(name: str) -> Finding:
    """Whether the model that reorders passages can be loaded."""
    try:
        check_reranker(name)
    except KnowledgeBaseError as error:
        return bad_by(RERANKING, error)
    return fine(RERANKING, f"{name} is set, and what loads it is installed.")
