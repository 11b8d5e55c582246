"""What is in an attached file, read in a process of its own: a hostile file harms nothing but that."""

from agent_service.attachments.worker import ReadFile, request_of
from agent_service.errors import RequestRefusedError
from parsing.bounded.frames import Limits
from parsing.bounded.process import BoundedProcess
from parsing.errors import FileProblemError, FileTooHeavyError, FileTooSlowError

WORKER = "agent_service.attachments.worker"
LIMITS = Limits(seconds=20, memory_mb=1_500)


async def read_file(name: str, mime_type: str, data: bytes) -> ReadFile:
    """The file's text as Markdown, at most 400 000 characters; no text for images.

    Raises `RequestRefusedError` when the file cannot be read, or not within 20 seconds and 1.5 GB.
    """
    # One process a file: what one user sends cannot lie in wait for the file of another.
    process = BoundedProcess(WORKER, (), LIMITS)
    try:
        return ReadFile.from_bytes(await process.read(request_of(name, mime_type, data)))
    except FileTooSlowError:
        raise _refusal("The file takes too long to read. Attach a smaller one.") from None
    except FileTooHeavyError as error:
        raise _refusal(f"{error} Attach a smaller one.") from None
    except FileProblemError as error:
        raise _refusal(str(error)) from None
    finally:
        await process.close()


def _refusal(message: str) -> RequestRefusedError:
    return RequestRefusedError(message, status=422, code="unreadable_file")
