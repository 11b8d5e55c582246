"""The bodies of requests, read no further than they may be long."""

import asyncio
from collections.abc import AsyncGenerator

from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from agent_service.errors import RequestRefusedError

# The lines around a file in a form.
FORM_BYTES = 65_536


def demand_json(request: Request) -> None:
    """Return when the body says that it is JSON: a page elsewhere can send anything else unasked.

    Raises `RequestRefusedError` (415).
    """
    if content_type(request) != "application/json":
        raise RequestRefusedError("refused.no_json", status=415, code="wrong_content_type")


def content_type(request: Request) -> str:
    """The type of the body without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_file(request: Request, max_bytes: int) -> tuple[str, str, bytes]:
    """Name, declared type and bytes of a file sent as such or in the field `file` of a form.

    Raises `RequestRefusedError`.
    """
    is_form = content_type(request) == "multipart/form-data"
    body = await read_body(request, max_bytes + (FORM_BYTES if is_form else 0))
    if not is_form:
        return "", request.headers.get("content-type", ""), body
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
                raise RequestRefusedError("upload.too_large", status=413, code="too_large", bytes=max_bytes)
    except ClientDisconnect:
        raise RequestRefusedError("upload.cut_off") from None
    return bytes(body)


async def _file_in(body: bytes, headers: Headers) -> UploadFile:
    file, _ = await read_form(body, headers)
    return file


async def read_form(body: bytes, headers: Headers) -> tuple[UploadFile, dict[str, str]]:
    """The file in the field `file` of a form, to be closed, and the other fields.

    Raises `RequestRefusedError`.
    """

    async def stream() -> AsyncGenerator[bytes]:
        # A form is taken apart in Python: in parts, lest one of many megabytes keeps others waiting.
        for start in range(0, len(body), FORM_BYTES):
            yield body[start : start + FORM_BYTES]
            await asyncio.sleep(0)
        yield b""

    try:
        form = await MultiPartParser(headers, stream(), max_files=1, max_fields=20).parse()
    except (MultiPartException, MultipartParseError, KeyError, UnicodeDecodeError):
        raise RequestRefusedError("upload.wrong_form") from None
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise RequestRefusedError("upload.no_field")
    return file, {name: value for name, value in form.items() if isinstance(value, str)}
