"""The routes for files: upload in one go, upload of an announced file, and the way back to their owner."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from urllib.parse import quote

from chatkit.store import NotFoundError
from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from agent_service.attachments.store import TOKEN_HEADER, PostgresAttachments
from agent_service.context import RequestContext, base_url_of
from agent_service.errors import RequestRefusedError
from agent_service.routes.chatkit import error_response

# The lines around a file in a form.
FORM_BYTES = 65_536
NO_STORE = {"Cache-Control": "no-store"}
# A file of a stranger's making must not run as a page of ours, whatever a browser takes it for.
SEALED = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}

ContextOf = Callable[[Request], RequestContext]
Handler = Callable[[Request], Awaitable[Response]]


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
        disposition = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        headers = SEALED | {"Content-Disposition": disposition}
        return Response(file.content, media_type=file.mime_type, headers=headers)

    return [
        Route("/attachments", answered(add), methods=["POST"]),
        Route("/attachments/{id}", answered(receive), methods=["PUT", "POST"]),
        Route("/attachments/{id}", answered(download), methods=["GET"]),
    ]


def answered(handler: Handler) -> Handler:
    """The handler, with refusals as JSON with a sentence."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except RequestRefusedError as error:
            return error_response(str(error), status=error.status, code=error.code, headers=error.headers)
        except NotFoundError:
            message = "There is nothing of yours at this address, or it was used already."
            return error_response(message, status=404, code="not_found")

    return handle


async def read_file(request: Request, max_bytes: int) -> tuple[str, str, bytes]:
    """Name, declared type and bytes of a file sent as such or in the field `file` of a form.

    Raises `RequestRefusedError`.
    """
    content_type = request.headers.get("content-type", "")
    is_form = content_type.lower().startswith("multipart/form-data")
    body = await read_body(request, max_bytes + (FORM_BYTES if is_form else 0))
    if not is_form:
        return "", content_type, body
    file = await _file_in(body, request.headers)
    try:
        return file.filename or "", file.content_type or "", await file.read()
    finally:
        await file.close()


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The whole body. Raises `RequestRefusedError` as soon as it is longer than `max_bytes`."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                message = f"The file is larger than {max_bytes} bytes."
                raise RequestRefusedError(message, status=413, code="too_large")
    except ClientDisconnect:
        raise RequestRefusedError("The upload was cut off.") from None
    return bytes(body)


async def _file_in(body: bytes, headers: Headers) -> UploadFile:
    file, _ = await read_form(body, headers)
    return file


async def read_form(body: bytes, headers: Headers) -> tuple[UploadFile, dict[str, str]]:
    """The file in the field `file` of a form, to be closed, and the other fields.

    Raises `RequestRefusedError`.
    """

    async def stream() -> AsyncGenerator[bytes]:
        yield body
        yield b""

    try:
        form = await MultiPartParser(headers, stream(), max_files=1, max_fields=20).parse()
    except (MultiPartException, MultipartParseError, KeyError, UnicodeDecodeError):
        raise RequestRefusedError("This is no valid form with one file.") from None
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise RequestRefusedError("Send the file in the form field `file`.")
    return file, {name: value for name, value in form.items() if isinstance(value, str)}


def _as_json(text: str) -> Response:
    return Response(text, media_type="application/json", headers=NO_STORE)
