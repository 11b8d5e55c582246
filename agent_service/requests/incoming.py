"""What a ChatKit request brings along besides words: files and recordings, checked beforehand."""

from chatkit.types import ChatKitReq, InputTranscribeReq, ThreadsAddUserMessageReq, ThreadsCreateReq

from agent_service.attachments.store import PostgresAttachments
from agent_service.context import RequestContext
from agent_service.tools.scope import scope_of
from agent_service.voice.transcription import check_base64


async def check_incoming(files: PostgresAttachments, request: ChatKitReq, context: RequestContext) -> None:
    """Return when the recording, the tags and the files of a request can be used.

    Raises `RequestRefusedError`, and `NotFoundError` for a file that does not exist.
    """
    if isinstance(request, InputTranscribeReq):
        check_base64(request)
    elif isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq):
        scope_of(request.params.input.content)
        await files.check(request.params.input.attachments, context)
