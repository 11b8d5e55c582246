"""What can go wrong during ingestion; each message names the file or folder and the cure."""

from pathlib import Path


class IngestError(Exception):
    """Base of every error this package raises."""


class PathMissingError(IngestError):
    """The path to ingest does not exist."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"There is no file or folder {path}. Name one that exists.")


class FolderNameTakenError(IngestError):
    """The folder's name stands for another folder already."""

    def __init__(self, name: str, collection: str, other: str) -> None:
        super().__init__(
            f'The name "{name}" already belongs to {other} in the collection "{collection}". '
            "Give this folder a name of its own with --name, or say with --moved that it is the same one."
        )


class FolderNameReservedError(IngestError):
    """Documents that clients add have this name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f'The name "{name}" is reserved for documents that clients add. '
            "Give this folder another one with --name."
        )


class EmptyFolderError(IngestError):
    """A sync found no file at all where there were documents."""

    def __init__(self, path: str, count: int) -> None:
        super().__init__(
            f"There is no readable file in {path}, but {count} documents come from there. "
            "Nothing was removed: is a disk not mounted? If this is intended, add --force."
        )


class OptionError(IngestError):
    """An option of the command cannot be understood; the message names it."""


class DocumentUnknownError(IngestError):
    """Nothing in the knowledge base has this source."""

    def __init__(self, source: str) -> None:
        super().__init__(
            f"There is no document or folder {source} in the knowledge base. `owflex ingest list` shows them."
        )


class DatabaseGoneError(IngestError):
    """Postgres did not come back in time, or has no room."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Postgres cannot continue ({reason}). What was stored is kept: "
            "run the same command again when it can."
        )


class ChangeUnderWayError(IngestError):
    """The model of the index is being changed by another process."""

    def __init__(self) -> None:
        super().__init__(
            "The index is being made with another model right now, by another process. Wait until that has "
            "ended, or stop it; `owflex model show` says how far it is."
        )
