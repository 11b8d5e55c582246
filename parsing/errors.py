"""Why a file cannot be read; each message is a sentence for whoever gave the file, and names the cure."""


class FileProblemError(Exception):
    """Base of every error this package raises: one file cannot be read, others are not concerned."""


class FileUnreadableError(FileProblemError):
    """The file cannot be opened or read."""


class FileTooLargeError(FileProblemError):
    """The file is larger than the limit."""


class FileFormatError(FileProblemError):
    """The file is not what its name says, or its format is not known."""


class FileTooSlowError(FileProblemError):
    """Reading the file takes longer than its process may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Reading the file takes longer than {seconds:g} seconds.")


class FileTooHeavyError(FileProblemError):
    """Reading takes more memory than the process may have; `crashed`: or the file breaks its parser."""

    def __init__(self, megabytes: int, *, crashed: bool = False) -> None:
        start = "The file crashes its parser, or reading it takes" if crashed else "Reading the file takes"
        super().__init__(f"{start} more than {megabytes} MB of memory.")
        self.crashed = crashed


class ParserCrashedError(FileProblemError):
    """The process ended while it read the file; `cause` is the name of a signal or an exit code."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"The file crashes its parser ({cause}). Save it again with the program it comes from."
        )
