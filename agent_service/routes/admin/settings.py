"""Settings that are changed while the chat runs: shown, changed, and their history."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from agent_service.context import RequestContext
from agent_service.errors import ModelChoiceError, RequestRefusedError
from agent_service.live.settings import LiveSettings
from agent_service.live.store import read_history
from agent_service.models.menu import offered_models
from agent_service.models.providers import choose_model
from agent_service.routes.admin.guard import Administrators, read_json
from agent_service.routes.admin.reachable import check_reachable_address
from agent_service.settings.run_time import CHANGEABLE, MODEL_SETTINGS, SECRETS, as_json
from serving.requests import acting_now

HISTORY_ROWS = 100


class WantedChanges(BaseModel):
    """The body of `PUT /admin/settings`: values by name, null to go back to the default."""

    model_config = ConfigDict(extra="forbid")

    changes: dict[str, Any] = Field(min_length=1, max_length=len(CHANGEABLE))


def settings_routes(live: LiveSettings, admins: Administrators) -> list[BaseRoute]:
    """`GET` and `PUT /admin/settings`, and `GET /admin/settings/history`."""

    async def show(request: Request, context: RequestContext) -> Mapping[str, Any]:
        await live.refresh()
        return described(live)

    async def change(request: Request, context: RequestContext) -> Mapping[str, Any]:
        wanted = await read_json(request, WantedChanges)
        checked = await checked_changes(live, wanted.changes)
        await live.change(checked, acting_now(context.user_id, "chat"))
        return described(live)

    async def history(request: Request, context: RequestContext) -> Mapping[str, Any]:
        return {"changes": [asdict(one) for one in await read_history(live.pool, HISTORY_ROWS)]}

    return [
        Route("/admin/settings", admins.only(show), methods=["GET"]),
        Route("/admin/settings", admins.only(change), methods=["PUT"]),
        Route("/admin/settings/history", admins.only(history), methods=["GET"]),
    ]


async def checked_changes(live: LiveSettings, changes: Mapping[str, object]) -> dict[str, Any]:
    """The changes as they can be stored, tried together with all other settings.

    Raises `RequestRefusedError`, or what the database raises.
    """
    await live.refresh()
    checked = live.checked(changes)
    if address := checked.get("openai_base_url"):
        await check_reachable_address(address)
    if checked.keys() & MODEL_SETTINGS:
        candidate = live.candidate(checked)
        try:
            offered_models(candidate, choose_model(candidate))
        except ModelChoiceError as error:
            raise RequestRefusedError("admin.no_such_model", status=422, reason=str(error)) from None
    return checked


def described(live: LiveSettings) -> dict[str, Any]:
    """All that can be changed, with what counts now, where it comes from, and who changed it."""
    return {"settings": [_described(live, name) for name in CHANGEABLE]}


def _described(live: LiveSettings, name: str) -> dict[str, Any]:
    value, stored = getattr(live.settings, name), live.stored.get(name)
    is_secret = name in SECRETS
    source = "environment" if live.is_fixed(name) else "default" if stored is None else "page"
    return {
        "name": name,
        "group": CHANGEABLE[name].group,
        "kind": CHANGEABLE[name].kind,
        # A secret is written and never read; where it is a reference, that is none.
        "value": None if value is None or is_secret else as_json(name, value),
        "is_set": value is not None,
        "source": source,
        "reference": stored.value if stored is not None and is_secret else None,
        "changed_at": stored and stored.changed_at,
        "changed_by": stored and stored.changed_by,
        "problem": live.problems.get(name),
    }
