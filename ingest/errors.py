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
            f'The name "{name}" already stands for {other} in the collection "{collection}". '
            "Give this folder a name of its own with --name."
        )


class FileProblemError(IngestError):
    """One file cannot be ingested; the run goes on without it."""


class FileUnreadableError(FileProblemError):
    """The file cannot be opened or read."""


class FileTooLargeError(FileProblemError):
    """The file is larger than the limit."""


class FileFormatError(FileProblemError):
    """The file is not what its name says, or its format is not known."""
