"""`POST /branches`: a conversation goes on from one of its answers as a new one."""

from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.http.bodies import demand_json, read_body
from agent_service.http.responses import answered
from agent_service.storage.copies import copy_thread
from agent_service.storage.postgres import PostgresStore
from database.pool import Pool

MAX_BODY_BYTES = 4096
Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class Place(BaseModel):
    """The body of `POST /branches`: the last item that the new conversation has."""

    model_config = ConfigDict(extra="forbid")

    thread_id: Id
    item_id: Id


def branch_routes(
    pool: Pool, store: PostgresStore, context_of: Callable[[Request], RequestContext]
) -> list[BaseRoute]:
    """`POST /branches`, which answers with the new thread's id."""

    async def branch(request: Request) -> Response:
        demand_json(request)
        try:
            place = Place.model_validate_json(await read_body(request, MAX_BODY_BYTES))
        except ValidationError:
            raise RequestRefusedError("refused.not_found", status=404, code="not_found") from None
        thread = await copy_thread(pool, store, place.thread_id, place.item_id, context_of(request))
        return JSONResponse({"thread_id": thread.id}, headers={"Cache-Control": "no-store"})

    return [Route("/branches", answered(branch), methods=["POST"])]
