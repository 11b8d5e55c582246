"""The chat page and what it needs to know."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from agent_service.attachments.file_types import ACCEPTED, ENDINGS, IMAGE_KINDS, KINDS
from agent_service.models.extractive.small_talk import SETUP_PAGE
from agent_service.models.menu import model_names
from agent_service.models.providers import ChosenModel
from agent_service.routes.knowledge.rights import uploads_on
from agent_service.routes.vendor_page import official_page
from agent_service.settings.page import TASKS_PROMPT
from agent_service.settings.settings import AgentServiceSettings
from agent_service.visitors.tokens import VISITOR
from agent_service.voice.transcription import choose_engine
from serving.requests import is_tracing

STATIC_FOLDER = Path(__file__).parent.parent / "static"
# The browser asks each time whether a file has changed; it is a few hundred bytes when it has not.
REVALIDATE = {"Cache-Control": "no-cache"}
# Inside the installed package, or `docs/` of a checkout.
ROOT = Path(__file__).parents[2]
HANDBOOK = (ROOT / "owflex" / "handbook", ROOT / "docs")
NOT_BUILT = (
    "The chat page was not built. In a checkout, run: make install (or: python build_page.py). "
    "The chat itself answers at POST /chatkit.\n"
)


def web_routes(
    settings: AgentServiceSettings, chosen_now: Callable[[], ChosenModel], static: Path
) -> list[BaseRoute]:
    """`/`, `/static/*`, `/config.json`, and how to set up a language model."""

    async def page(request: Request) -> Response:
        index = static / "index.html"
        if not index.is_file():
            return PlainTextResponse(NOT_BUILT, status_code=503)
        if settings.chatkit_domain_key is not None:
            return official_page(index, request.query_params.get("client"), REVALIDATE)
        return FileResponse(index, headers=REVALIDATE)

    async def config(request: Request) -> Response:
        page_words = page_config(settings, chosen_now()) | {"locales": locales(static)}
        if hasattr(request.state, VISITOR):
            page_words |= for_visitors(settings)
        return JSONResponse(page_words, headers={"Cache-Control": "no-store"})

    return [
        Route("/", page),
        Route("/config.json", config),
        Route(f"/{SETUP_PAGE}", _setup_page),
        Mount("/static", _RevalidatedFiles(directory=static, check_dir=False)),
    ]


async def _setup_page(_: Request) -> Response:
    """The handbook's page about language models, which the built-in model points to."""
    page = next((folder / "language-models.md" for folder in HANDBOOK if folder.is_dir()), None)
    if page is None or not page.is_file():
        return PlainTextResponse("The handbook is not installed.\n", status_code=404)
    return FileResponse(page, media_type="text/plain; charset=utf-8", headers=REVALIDATE)


def page_config(settings: AgentServiceSettings, chosen: ChosenModel) -> dict[str, Any]:
    """What the page shows before anything was asked."""
    return {
        "title": settings.chat_title,
        "greeting": settings.chat_greeting,
        "greetings": settings.chat_greetings,
        "prompts": [prompt.model_dump() for prompt in settings.chat_prompts],
        "model": {"name": chosen.name, "extractive": chosen.extractive},
        "models": model_names(settings, chosen),
        "login": settings.agent_service_auth,
        # Whether what is sent again under its Idempotency-Key is done once.
        "keys": True,
        # Whether a chat can go on from an answer as a new one, at /branches.
        "branches": True,
        "dictation": choose_engine(settings) is not None,
        "attachments": {
            "max_bytes": settings.attachment_max_bytes,
            "max_count": settings.attachment_max_count,
            "accept": ACCEPTED,
            "endings": ENDINGS,
            "kinds": (*KINDS, *IMAGE_KINDS),
        },
        # The page then asks whether its user is an administrator.
        "administration": True,
        # Whether people can see which clients they have let in, at /connections.
        "connections": settings.mcp_oauth and settings.agent_service_auth != "jwt",
        "knowledge": {"view": settings.knowledge_view, "uploads": uploads_on(settings)},
        "chatkit": {"domain_key": settings.chatkit_domain_key} if settings.chatkit_domain_key else None,
        # Then the page begins a trace with each request.
        "tracing": is_tracing(),
        "version": version("owflex"),
    }


def for_visitors(settings: AgentServiceSettings) -> dict[str, Any]:
    """What is otherwise for anonymous visitors of a site: nothing is offered that is closed to them."""
    return {
        "prompts": [prompt.model_dump() for prompt in settings.chat_prompts if prompt != TASKS_PROMPT],
        "models": [],
        "dictation": False,
        "tasks": False,
        "branches": False,
        "attachments": None,
        "administration": False,
        "connections": False,
        "knowledge": {"view": False, "uploads": False},
    }


def locales(static: Path) -> list[str]:
    """The languages besides English that the page can speak."""
    return sorted(file.stem for file in (static / "locales").glob("*.json"))


class _RevalidatedFiles(StaticFiles):
    """Static files that a new version replaces at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(REVALIDATE)
        return response
