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

from agent_service.chat_completions import AnswerCutError
from agent_service.errors import AgentServiceError, EmptyAnswerError, McpUnavailableError
from agent_service.fallback import status_of
from agent_service.llm import ChosenModel
from agent_service.mcp_connection import UNAVAILABLE

logger = logging.getLogger("agent_service")

LONGEST_LOGGED = 500
SECRET = re.compile(r"\b(?:sk|pk|rk|key|AIza|gsk|xai)[-_A-Za-z0-9]{12,}|\bBearer\s+\S+|\beyJ[\w-]+\.[\w.-]+")

DATABASE_GONE = "The chat cannot be stored at the moment. Try again in a minute."
LLM_BUSY = "{provider} is busy or your quota there is used up. Try again in a minute."
LLM_BROKEN = "{provider} has a problem of its own at the moment. Try again in a minute."
LLM_SILENT = "{provider} did not answer in time. Try again."
LLM_UNREACHABLE = "{provider} cannot be reached. Check the network and the address, then try again."
LLM_REFUSES_KEY = "{provider} refuses the API key. Correct {key_setting} and restart."
LLM_NO_CREDIT = "{provider} wants to be paid first: there is no credit left for the API key."
LLM_UNKNOWN_MODEL = "{provider} does not know the model {name}. Correct MODEL_NAME and restart."
LLM_REFUSES_REQUEST = (
    "{provider} refuses the request. The model {name} may not know tools, or the conversation is too long "
    "for it: start a new one, or choose another model."
)
LLM_BROKE_OFF = "{provider} broke off in the middle of the answer. Try again."
LLM_CONFUSED = "The model {name} answered in a way that makes no sense. Try again."
TOO_MANY_STEPS = "This took too many steps without an answer. Ask for something narrower."
NO_ANSWER = "The model {name} ended without an answer. Try again."
UNEXPECTED = "Something went wrong here. Try again; the log of the agent service says more."

BY_STATUS = {
    400: (LLM_REFUSES_REQUEST, False),
    401: (LLM_REFUSES_KEY, False),
    402: (LLM_NO_CREDIT, False),
    403: (LLM_REFUSES_KEY, False),
    404: (LLM_UNKNOWN_MODEL, False),
    408: (LLM_SILENT, True),
    413: (LLM_REFUSES_REQUEST, False),
    422: (LLM_REFUSES_REQUEST, False),
    429: (LLM_BUSY, True),
}


BY_BEHAVIOUR: dict[type[Exception], str] = {
    MaxTurnsExceeded: TOO_MANY_STEPS,
    ModelBehaviorError: LLM_CONFUSED,
    EmptyAnswerError: NO_ANSWER,
}


def for_user(error: Exception, chosen: ChosenModel) -> CustomStreamError:
    """The error as the protocol sends it to the user; the details go to the log, without secrets."""
    error = _innermost(error)
    logger.error("A turn failed: %s: %s", type(error).__name__, _without_secrets(str(error)))
    sentence, may_retry = _sentence(error)
    text = sentence.format(
        provider=chosen.provider, name=chosen.name, key_setting=chosen.key_setting or "the key"
    )
    return CustomStreamError(text, allow_retry=may_retry)


def without_retry(error: CustomStreamError) -> CustomStreamError:
    """The same sentence without the offer to ask the last question again."""
    return CustomStreamError(error.message, allow_retry=False)


def _innermost(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = cast(ExceptionGroup[Exception], error).exceptions[0]
    return error


def _sentence(error: Exception) -> tuple[str, bool]:
    """The sentence, and whether trying again can help."""
    if isinstance(error, openai.OpenAIError | ModelTimeoutError | AnswerCutError):
        return _llm_sentence(error)
    match error:
        case McpUnavailableError() | MCPError() | UserError():
            return UNAVAILABLE, True
        case psycopg.Error() | PoolTimeout():
            return DATABASE_GONE, True
        case MaxTurnsExceeded() | ModelBehaviorError() | EmptyAnswerError():
            return BY_BEHAVIOUR.get(type(error), LLM_CONFUSED), True
        case NotFoundError():
            return "This conversation is not there any more.", False
        case _:
            return (str(error), False) if isinstance(error, AgentServiceError) else (UNEXPECTED, True)


def _llm_sentence(error: Exception) -> tuple[str, bool]:
    if isinstance(error, openai.APITimeoutError | ModelTimeoutError):
        return LLM_SILENT, True
    if isinstance(error, AnswerCutError):
        return LLM_BROKE_OFF, True
    if isinstance(error, openai.APIConnectionError):
        return LLM_UNREACHABLE, True
    return BY_STATUS.get(status_of(error), (LLM_BROKEN, True))


def _without_secrets(text: str) -> str:
    return SECRET.sub("***", text)[:LONGEST_LOGGED]
