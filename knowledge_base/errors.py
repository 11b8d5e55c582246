"""What can go wrong in the knowledge base; each message helps its reader, a person or a model."""

from collections.abc import Sequence


class KnowledgeBaseError(Exception):
    """Base of every error this package raises."""


class DocumentNotFoundError(KnowledgeBaseError):
    """No document has this id."""

    def __init__(self, document_id: int) -> None:
        super().__init__(f"Document {document_id} not found. Call list_documents to see the ids.")


class TaskNotFoundError(KnowledgeBaseError):
    """The user has no task with this id."""

    def __init__(self, task_id: int) -> None:
        super().__init__(f"Task {task_id} not found. Call list_tasks to see the ids.")


class ChangeNotFoundError(KnowledgeBaseError):
    """The user has changed nothing that could be undone."""

    def __init__(self, days: int) -> None:
        super().__init__(
            f"There is no change of a task left to undo. Each is kept for {days} days and undone once."
        )


class ChangedSinceError(KnowledgeBaseError):
    """What a change left behind was changed again by another one."""

    def __init__(self, task_id: int, title: str) -> None:
        super().__init__(
            f"“{title}” (task {task_id}) has been changed again since, so nothing was undone. "
            "Undo the later change first."
        )


class EmbeddingModelError(KnowledgeBaseError):
    """The embedding model cannot be loaded, or is not the one it should be."""


class EmbeddingSpaceMismatchError(KnowledgeBaseError):
    """The documents were embedded with another model than the one that is configured."""


class MeaningUnavailableError(KnowledgeBaseError):
    """A search by meaning alone, and the model that would embed the question is not there."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing can be searched by meaning alone yet: the embedding model is still loading. "
            "Search by words (mode hybrid or keyword), or try again in a moment."
        )


class ModelInUseError(KnowledgeBaseError):
    """The index is to be built anew for the model that made it."""

    def __init__(self, model_name: str) -> None:
        super().__init__(
            f"The index is made with {model_name} already. Name another model, or repair "
            "this one with: owflex ingest verify --repair"
        )


class LanguageUnknownError(KnowledgeBaseError):
    """Postgres has no dictionary for this language."""

    def __init__(self, language: str, known: Sequence[str]) -> None:
        super().__init__(f'There is no language "{language}" for word search. Known are: {", ".join(known)}.')


class ServerRoleError(KnowledgeBaseError):
    """Postgres does not hold rows of other users back, or the role for it cannot be set up."""


class ApiKeyNotFoundError(KnowledgeBaseError):
    """No key has this id or name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no key {name}. Run: owflex token list")


class NameRefusedError(KnowledgeBaseError):
    """A name of a group, a person or a collection cannot be kept."""

    def __init__(self, what: str, longest: int) -> None:
        super().__init__(f"The name of a {what} has 1 to {longest} characters on one line, and no others.")


class NameTooCloseError(KnowledgeBaseError):
    """A new name differs from one that is there only in case or in the Unicode form of a letter."""

    def __init__(self, what: str, name: str, other: str) -> None:
        super().__init__(
            f'The {what} "{name}" would be taken for "{other}": only capitals or forms of letters differ. '
            f'Write "{other}" if you mean it, or choose another name.'
        )


class GroupNotFoundError(KnowledgeBaseError):
    """No group has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f'There is no group "{name}". `owflex group list` shows them, `owflex group add NAME` makes one.'
        )


class CollectionNotFoundError(KnowledgeBaseError):
    """No collection has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f'There is no collection "{name}". `owflex collection rights` shows them; one comes with its '
            "first document, or is made when a right is granted with --make."
        )


class RightNotFoundError(KnowledgeBaseError):
    """A right is to be taken that nobody has granted."""

    def __init__(self, collection: str, whom: str) -> None:
        super().__init__(
            f'Nothing in "{collection}" was granted to {whom}. `owflex collection rights` shows what was.'
        )


class OwnCollectionError(KnowledgeBaseError):
    """The collection of one person is to be opened to others."""

    def __init__(self, collection: str) -> None:
        super().__init__(
            f'"{collection}" is the own collection of one person: its rights stay as they are. Add what '
            "others should see to another collection."
        )


class RerankModelError(KnowledgeBaseError):
    """The reranking model cannot be loaded."""

    def __init__(self, model_name: str, reason: str) -> None:
        super().__init__(
            f"The reranking model {model_name} cannot be loaded ({reason}). "
            "Set RERANK_MODEL to a folder that holds a cross-encoder, to a name the Hugging Face hub knows, "
            "or leave it empty."
        )


class UploadNotFoundError(KnowledgeBaseError):
    """The user has no upload with this id."""

    def __init__(self, upload_id: int) -> None:
        super().__init__(
            f"Upload {upload_id} not found. Uploads are forgotten some days after they ended; "
            "list_documents shows what is in the knowledge base."
        )


class NotRemovableError(KnowledgeBaseError):
    """The document is not one that this user handed in."""


class TooManyUploadsError(KnowledgeBaseError):
    """Too many documents of this user wait to be brought in."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} of your documents are still waiting. Try again when some are done; "
            "if none ever finishes, no worker is running: start `owflex ingest worker`."
        )


class UploadKeyUsedError(KnowledgeBaseError):
    """The idempotency key belongs to an upload in a collection that is not open to this caller."""

    def __init__(self) -> None:
        super().__init__("This idempotency_key was already used for another upload. Use a new one.")


class OAuthRequestGoneError(KnowledgeBaseError):
    """No request of a client has this secret, or it was answered or has expired."""

    def __init__(self) -> None:
        super().__init__(
            "This connection request is not there: it was answered, has expired or never was. "
            "Connect again from the program."
        )


class OAuthGrantNotFoundError(KnowledgeBaseError):
    """The user has no connected client with this id."""

    def __init__(self, grant_id: int) -> None:
        super().__init__(f"There is no connected client {grant_id}.")
