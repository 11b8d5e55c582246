"""`POST /voice/transcribe`: a recording becomes text."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from agent_service.http.bodies import read_file
from agent_service.http.responses import ContextOf, answered
from agent_service.voice.transcription import MAX_AUDIO_BYTES, Dictation


def voice_routes(dictation: Dictation, context_of: ContextOf) -> list[BaseRoute]:
    """`POST /voice/transcribe`: a recording as such, or in the form field `file`."""

    async def transcribe(request: Request) -> Response:
        user = context_of(request).user_id
        _, _, data = await read_file(request, MAX_AUDIO_BYTES)
        return JSONResponse(
            {"text": await dictation.text_of(data, user)}, headers={"Cache-Control": "no-store"}
        )

    return [Route("/voice/transcribe", answered(transcribe), methods=["POST"])]
