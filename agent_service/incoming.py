"""What a ChatKit request brings along besides words: files and recordings, checked beforehand."""

from chatkit.types import ChatKitReq, InputTranscribeReq, ThreadsAddUserMessageReq, ThreadsCreateReq
from pydantic import TypeAdapter

from agent_service.attachments import PostgresAttachments
from agent_service.request_context import RequestContext
from agent_service.transcription import check_base64

REQUEST = TypeAdapter[ChatKitReq](ChatKitReq)


async def check_incoming(
    files: PostgresAttachments, body: str | bytes | bytearray, context: RequestContext
) -> None:
    """Return when the recording and the files of a request can be used.

    Raises `RequestRefusedError`, and `NotFoundError` for a file that does not exist.
    """
    request = REQUEST.validate_json(body)
    if isinstance(request, InputTranscribeReq):
        check_base64(request)
    elif isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq):
        await files.check(request.params.input.attachments, context)
