"""Reports of `owflex evaluate` for the page: figures that were measured before, out of a folder."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.settings.settings import AgentServiceSettings
from database.home import default_data_folder

NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,99}")
MAX_REPORTS = 20
# A larger file is none of ours.
MAX_BYTES = 1_000_000
# What a list shows of each.
SHOWN = ("measured_at", "mode", "model", "collection", "test_set", "questions", "answerable", "metrics")

Handler = Callable[[Request, RequestContext], Awaitable[Mapping[str, Any]]]
Handled = Callable[[Handler], Callable[[Request], Awaitable[Response]]]


def report_routes(settings: AgentServiceSettings, handled: Handled) -> list[BaseRoute]:
    """`GET /knowledge/evaluations` and one of them by its name."""
    home = (settings.owflex_home or default_data_folder()).expanduser()
    folder = settings.evaluation_reports or home / "evaluations"

    async def listed(request: Request, context: RequestContext) -> Mapping[str, Any]:
        return {"evaluations": await asyncio.to_thread(newest_reports, folder)}

    async def one(request: Request, context: RequestContext) -> Mapping[str, Any]:
        name = str(request.path_params["name"])
        found = await asyncio.to_thread(read_report, folder, name)
        if found is None:
            raise RequestRefusedError("knowledge.no_evaluation", status=404, code="not_found")
        return {"name": name} | found

    return [
        Route("/knowledge/evaluations", handled(listed), methods=["GET"]),
        Route("/knowledge/evaluations/{name}", handled(one), methods=["GET"]),
    ]


def newest_reports(folder: Path) -> list[dict[str, Any]]:
    """The heads of the newest reports, the last one first; their names begin with the time."""
    names = sorted((path.stem for path in folder.glob("*.json")), reverse=True) if folder.is_dir() else []
    found = [(name, read_report(folder, name)) for name in names[:MAX_REPORTS]]
    return [
        {"name": name} | {key: report.get(key) for key in SHOWN}
        for name, report in found
        if report is not None
    ]


def read_report(folder: Path, name: str) -> dict[str, Any] | None:
    """A report; None where there is none of this name, or none that can be read."""
    if NAME.fullmatch(name) is None:
        return None
    try:
        with (folder / f"{name}.json").open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        report: object = json.loads(content) if len(content) <= MAX_BYTES else None
    except (OSError, ValueError, RecursionError):
        return None
    return cast(dict[str, Any], report) if isinstance(report, dict) else None
