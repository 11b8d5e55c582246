"""The routes for files: upload in one go, upload of an announced file, and the way back to their owner."""

from urllib.parse import quote

from chatkit.store import NotFoundError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from agent_service.attachments.store import TOKEN_HEADER, PostgresAttachments
from agent_service.context import base_url_of
from agent_service.http.bodies import read_file
from agent_service.http.responses import ContextOf, answered

NO_STORE = {"Cache-Control": "no-store"}
# A file of a stranger's making must not run as a page of ours, whatever a browser takes it for.
SEALED = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def upload_routes(attachments: PostgresAttachments, context_of: ContextOf) -> list[BaseRoute]:
    """`POST /attachments`, and `PUT`, `POST` and `GET /attachments/{id}`."""

    async def add(request: Request) -> Response:
        name, declared, data = await read_file(request, attachments.max_bytes)
        attachment = await attachments.add(name, declared, data, context_of(request))
        return _as_json(attachment.model_dump_json(exclude_none=True))

    async def receive(request: Request) -> Response:
        _, _, data = await read_file(request, attachments.max_bytes)
        token = request.headers.get(TOKEN_HEADER, "")
        attachment = await attachments.receive(request.path_params["id"], token, data, base_url_of(request))
        return _as_json(attachment.model_dump_json(exclude_none=True))

    async def download(request: Request) -> Response:
        attachment_id = request.path_params["id"]
        files = await attachments.load_files([attachment_id], context_of(request))
        if attachment_id not in files:
            raise NotFoundError("There is no such file.")
        file = files[attachment_id]
        content = attachments.content(file, context_of(request))
        disposition = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        headers = SEALED | {"Content-Disposition": disposition, "Content-Length": str(file.size)}
        return StreamingResponse(content, media_type=file.mime_type, headers=headers)

    return [
        Route("/attachments", answered(add), methods=["POST"]),
        Route("/attachments/{id}", answered(receive), methods=["PUT", "POST"]),
        Route("/attachments/{id}", answered(download), methods=["GET"]),
    ]


def _as_json(text: str) -> Response:
    return Response(text, media_type="application/json", headers=NO_STORE)
