"""What a user reads when a turn fails: one sentence, and whether trying again can help."""

import logging
import re
from typing import cast

import openai
import psycopg
from agents.exceptions import MaxTurnsExceeded, ModelBehaviorError, ModelTimeoutError, UserError
from chatkit.errors import CustomStreamError
from chatkit.store import NotFoundError
from mcp.shared.exceptions import MCPError
from psycopg_pool import PoolTimeout

from agent_service.errors import ActionRefusedError, EmptyAnswerError, McpUnavailableError, SaidError
from agent_service.i18n.catalog import FALLBACK, UNEXPECTED, say
from agent_service.models.chat_completions import AnswerCutError
from agent_service.models.endings import is_too_long, is_withheld
from agent_service.models.fallback import status_of
from agent_service.models.providers import ChosenModel
from agent_service.storage.failures import storage_sentence

logger = logging.getLogger("agent_service")

MAX_LOGGED_CHARACTERS = 500
SECRET = re.compile(r"\b(?:sk|pk|rk|key|AIza|gsk|xai)[-_A-Za-z0-9]{12,}|\bBearer\s+\S+|\beyJ[\w-]+\.[\w.-]+")

BY_STATUS = {
    400: ("llm.refuses_request", False),
    401: ("llm.refuses_key", False),
    402: ("llm.no_credit", False),
    403: ("llm.refuses_key", False),
    404: ("llm.not_found", False),
    408: ("llm.silent", True),
    422: ("llm.refuses_request", False),
    429: ("llm.busy", True),
}
# The statuses with which providers say, among other things, that they do not know a model.
NAMING = (400, 404, 422)
UNKNOWN_MODEL = re.compile(
    r"model[^.\n]{0,120}(?:not exist|not found|unknown|invalid|not a valid|not available|unsupported)"
    r"|(?:unknown|invalid|unsupported|no such|find the|find) model|model_not_found|no endpoints found for",
    re.IGNORECASE,
)
BY_BEHAVIOUR: dict[type[Exception], str] = {
    MaxTurnsExceeded: "failed.too_many_steps",
    ModelBehaviorError: "failed.confused",
    EmptyAnswerError: "failed.no_answer",
}


def for_user(
    error: Exception, chosen: ChosenModel, locale: str = FALLBACK, *, may_retry: bool = True
) -> CustomStreamError:
    """The error as the protocol sends it to the user; the details go to the log, without secrets.

    Asking again is offered where it can help, and never unless `may_retry`.
    """
    error = _innermost(error)
    logger.error("A turn failed: %s: %s", type(error).__name__, _without_secrets(str(error)))
    if isinstance(error, SaidError):
        # A refusal that says when to come again is about others, not about what was asked.
        can_help = isinstance(error, McpUnavailableError) or "Retry-After" in error.headers
        return CustomStreamError(error.said(locale), allow_retry=may_retry and can_help)
    key, can_help = _sentence(error)
    values = {
        "provider": chosen.provider,
        "name": chosen.name,
        "key_setting": chosen.key_setting or say(locale, "setting.key"),
    }
    return CustomStreamError(say(locale, key, **values), allow_retry=may_retry and can_help)


def belongs_in_thread(error: Exception) -> bool:
    """Whether the thread should say why there is no answer: it can be stored, and an answer was begun."""
    without_note = psycopg.Error | PoolTimeout | NotFoundError | ActionRefusedError
    return not isinstance(_innermost(error), without_note)


def _innermost(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = cast(ExceptionGroup[Exception], error).exceptions[0]
    return error


def _sentence(error: Exception) -> tuple[str, bool]:
    """The key of the sentence, and whether trying again can help."""
    if isinstance(error, openai.OpenAIError | ModelTimeoutError | AnswerCutError):
        return _llm_sentence(error)
    match error:
        case MCPError() | UserError():
            return "failed.mcp", True
        case psycopg.Error() | PoolTimeout():
            return storage_sentence(error), True
        case MaxTurnsExceeded() | ModelBehaviorError() | EmptyAnswerError():
            return BY_BEHAVIOUR.get(type(error), "failed.confused"), True
        case NotFoundError():
            return "failed.gone", False
        case _:
            return UNEXPECTED, True


def _llm_sentence(error: Exception) -> tuple[str, bool]:
    if isinstance(error, openai.APITimeoutError | ModelTimeoutError):
        return "llm.silent", True
    if isinstance(error, AnswerCutError):
        return "llm.broke_off", True
    if isinstance(error, openai.APIConnectionError):
        return "llm.unreachable", True
    status = status_of(error)
    if is_too_long(error, status):
        return "llm.too_long", False
    if is_withheld(error, status):
        return "llm.withheld", True
    if isinstance(error, openai.APIStatusError) and status in NAMING:
        return _sentence_about_name(error)
    return BY_STATUS.get(status, ("llm.broken", True))


def _sentence_about_name(error: openai.APIStatusError) -> tuple[str, bool]:
    """The model's name is blamed only where the provider does so."""
    if UNKNOWN_MODEL.search(f"{error.message} {error.body}"):
        return "llm.unknown_model", False
    return ("llm.not_found" if status_of(error) == 404 else "llm.refuses_request"), False


def _without_secrets(text: str) -> str:
    return SECRET.sub("***", text)[:MAX_LOGGED_CHARACTERS]
