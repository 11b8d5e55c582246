"""The set-up of a language model: servers found on this machine, and a trial with a real request."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import openai
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from agent_service.context import RequestContext
from agent_service.errors import AnswerCutError, RequestRefusedError
from agent_service.live.settings import LiveSettings
from agent_service.models.local_servers import find_local_servers
from agent_service.models.providers import choose_model, provider_and_name
from agent_service.models.trial import try_model
from agent_service.routes.admin.guard import Administrators, read_json
from agent_service.routes.admin.settings import WantedChanges, checked_changes
from agent_service.settings.run_time import MODEL_SETTINGS
from agent_service.turn.user_errors import for_user
from serving.fair_slots import FairSlots

TRIALS_AT_ONCE, WAIT_SECONDS = 2, 90.0


def model_routes(live: LiveSettings, admins: Administrators) -> list[BaseRoute]:
    """`GET /admin/models/local` and `POST /admin/models/trial`."""
    slots = FairSlots[str](TRIALS_AT_ONCE, each=1, waiting=4)

    async def local(request: Request, context: RequestContext) -> Mapping[str, Any]:
        own = {live.settings.agent_service_port, live.settings.mcp_server_port}
        return {"servers": [asdict(server) for server in await find_local_servers(own)]}

    async def trial(request: Request, context: RequestContext) -> Mapping[str, Any]:
        wanted = await read_json(request, WantedChanges)
        if others := wanted.changes.keys() - MODEL_SETTINGS:
            raise RequestRefusedError("admin.no_setting", status=422, name=min(others)[:60])
        checked = await checked_changes(live, wanted.changes)
        async with slots.one(context.user_id, WAIT_SECONDS, _too_many):
            return await _tried(live, checked, context)

    return [
        Route("/admin/models/local", admins.only(local), methods=["GET"]),
        Route("/admin/models/trial", admins.only(trial), methods=["POST"]),
    ]


async def _tried(live: LiveSettings, checked: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
    """How a trial of the settings with these changes went; a failure is a sentence, and no error."""
    candidate = live.candidate(checked)
    found = provider_and_name(candidate)
    if found is None:
        raise RequestRefusedError("admin.nothing_to_try", status=422)
    provider, name = found
    try:
        trial = await try_model(provider, name)
    except (openai.OpenAIError, AnswerCutError, TimeoutError) as error:
        known = openai.APITimeoutError(request=None) if isinstance(error, TimeoutError) else error  # pyright: ignore[reportArgumentType]
        sentence = for_user(known, choose_model(candidate), context.locale).message
        return {"works": False, "model": name, "sentence": sentence}
    return {"works": True, "model": name, "calls_tools": trial.calls_tools, "seconds": trial.seconds}


def _too_many() -> RequestRefusedError:
    return RequestRefusedError("limits.too_many_at_once", status=429, code="too_many_at_once", retry_after=5)
