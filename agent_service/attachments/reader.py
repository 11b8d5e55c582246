"""What is in an attached file, read in a process of its own: a hostile file harms nothing but that."""

from typing import Any

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
        read = ReadFile.from_bytes(await process.read(request_of(name, mime_type, data)))
    except FileTooSlowError:
        raise _refusal("upload.too_slow") from None
    except FileTooHeavyError:
        raise _refusal("upload.too_heavy", megabytes=LIMITS.memory_mb) from None
    except FileProblemError as error:
        # A sentence of the parser's, in English.
        raise _refusal("upload.unreadable", reason=str(error)) from None
    finally:
        await process.close()
    if (key := read.problem) is not None:
        raise _refusal(key, reason=" ".join(read.notes))
    return read


def _refusal(key: str, **values: Any) -> RequestRefusedError:
    return RequestRefusedError(key, status=422, code="unreadable_file", **values)
