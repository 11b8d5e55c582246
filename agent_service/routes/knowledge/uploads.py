"""Documents that users add on the page and remove again, by MCP tools with a token that may write."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.http.bodies import FORM_BYTES, content_type, demand_json, read_body, read_form
from agent_service.routes.knowledge.calls import KnowledgeCalls
from agent_service.routes.knowledge.requests import document_id, path_id
from agent_service.routes.knowledge.rights import check_upload
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import WRITING_SCOPE

# What add_document takes; in Base64 it is a third more.
MAX_FILE_BYTES = 3_000_000
MAX_ADDRESS_BYTES = 16_384
MAX_NAME_CHARACTERS = 200
# The page asks again instead of waiting for the worker.
WAIT_SECONDS = 2

Handler = Callable[[Request, RequestContext], Awaitable[Mapping[str, Any]]]
Handled = Callable[[Handler], Callable[[Request], Awaitable[Response]]]


class NewAddress(BaseModel):
    """The JSON body of `POST /knowledge/documents`."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^https?://")]
    # Without it the MCP server chooses one that the user may add to.
    collection: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None


def upload_routes(settings: AgentServiceSettings, calls: KnowledgeCalls, handled: Handled) -> list[BaseRoute]:
    """`POST` and `DELETE` of `/knowledge/documents`, and how such a change stands."""

    async def call(context: RequestContext, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return await calls.call(context, tool, arguments, scope=WRITING_SCOPE)

    async def add(request: Request, context: RequestContext) -> Mapping[str, Any]:
        check_upload(settings, context)
        is_form = content_type(request) == "multipart/form-data"
        wanted = await _file_in(request) if is_form else await _address_in(request)
        return await call(context, "add_document", wanted | {"wait_seconds": WAIT_SECONDS})

    async def remove(request: Request, context: RequestContext) -> Mapping[str, Any]:
        check_upload(settings, context)
        wanted = {"document_id": document_id(request), "wait_seconds": WAIT_SECONDS}
        return await call(context, "remove_document", wanted)

    async def upload(request: Request, context: RequestContext) -> Mapping[str, Any]:
        check_upload(settings, context)
        wanted = {"upload_id": path_id(request, "knowledge.no_upload")}
        return await call(context, "get_upload", wanted)

    return [
        Route("/knowledge/documents", handled(add), methods=["POST"]),
        Route("/knowledge/documents/{id}", handled(remove), methods=["DELETE"]),
        Route("/knowledge/uploads/{id}", handled(upload), methods=["GET"]),
    ]


async def _address_in(request: Request) -> dict[str, Any]:
    """The arguments for a page on the web. Raises `RequestRefusedError`."""
    demand_json(request)
    try:
        new = NewAddress.model_validate_json(await read_body(request, MAX_ADDRESS_BYTES))
    except ValidationError:
        raise RequestRefusedError("knowledge.wrong_address", status=422) from None
    return new.model_dump()


async def _file_in(request: Request) -> dict[str, Any]:
    """The arguments for the file of a form. Raises `RequestRefusedError`."""
    # The body is bounded before it is taken apart: what is too large is not read to its end.
    body = await read_body(request, MAX_FILE_BYTES + FORM_BYTES)
    file, fields = await read_form(body, request.headers)
    try:
        name, data = _plain_name(file.filename or ""), await file.read()
    finally:
        await file.close()
    if not data:
        raise RequestRefusedError("upload.empty", status=422)
    if len(data) > MAX_FILE_BYTES:
        raise RequestRefusedError("upload.too_large", status=413, code="too_large", bytes=MAX_FILE_BYTES)
    return {
        "file": base64.b64encode(data).decode("ascii"),
        "name": name,
        "collection": fields.get("collection") or None,
    }


def _plain_name(name: str) -> str:
    """The file's own name, whatever path and characters it came with; its ending stays when it is cut."""
    own = PurePosixPath(name.replace("\\", "/")).name
    own = "".join(sign if sign.isprintable() else " " for sign in own).strip()
    if not own:
        raise RequestRefusedError("upload.no_name", status=422)
    path = PurePosixPath(own)
    return (
        own
        if len(own) <= MAX_NAME_CHARACTERS
        else path.stem[: MAX_NAME_CHARACTERS - len(path.suffix)] + path.suffix
    )
