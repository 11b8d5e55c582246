"""Why a file cannot be read; each message is a sentence for whoever gave the file, and names the cure."""


class FileProblemError(Exception):
    """Base of every error this package raises: one file cannot be read, others are not concerned."""


class FileUnreadableError(FileProblemError):
    """The file cannot be opened or read."""


class FileTooLargeError(FileProblemError):
    """The file is larger than the limit."""


class FileFormatError(FileProblemError):
    """The file is not what its name says, or its format is not known."""
