"""The routes for votes: read them again, give a reason, take them back."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

from chatkit.types import FeedbackKind
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.http.bodies import demand_json, read_body
from agent_service.http.responses import answered
from agent_service.storage.feedback import change_vote, votes_in
from agent_service.storage.versions import versions_in
from database.pool import Pool

MAX_BODY_BYTES = 16_384
Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=r"^[^\x00]*$")]


class NewVote(BaseModel):
    """The body of `POST /feedback`."""

    model_config = ConfigDict(extra="forbid")

    thread_id: Id
    item_id: Id
    kind: FeedbackKind | None
    reason: Reason | None = None


def vote_routes(pool: Pool, context_of: Callable[[Request], RequestContext]) -> list[BaseRoute]:
    """`GET` and `POST /feedback`."""

    async def show(request: Request) -> Response:
        return await votes(request.query_params.get("thread_id", ""), context_of(request))

    async def change(request: Request) -> Response:
        demand_json(request)
        vote = read_vote(await read_body(request, MAX_BODY_BYTES))
        context = context_of(request)
        await change_vote(pool, vote.thread_id, vote.item_id, vote.kind, vote.reason or None, context)
        return await votes(vote.thread_id, context)

    async def votes(thread_id: str, context: RequestContext) -> Response:
        found = [asdict(vote) for vote in await votes_in(pool, thread_id, context)]
        versions = [asdict(version) for version in await versions_in(pool, thread_id, context)]
        return JSONResponse({"votes": found, "versions": versions}, headers={"Cache-Control": "no-store"})

    return [
        Route("/feedback", answered(show), methods=["GET"]),
        Route("/feedback", answered(change), methods=["POST"]),
    ]


def read_vote(body: bytes) -> NewVote:
    """The vote in a request's body. Raises `RequestRefusedError`."""
    try:
        return NewVote.model_validate_json(body)
    except ValidationError:
        raise RequestRefusedError("refused.wrong_vote") from None
