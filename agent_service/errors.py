"""What can go wrong in the agent service; each message says what to do about it."""

from agent_service.i18n.catalog import FALLBACK, say

# The code of a refusal while another answer is being written in the same thread.
BUSY = "thread_busy"


class AgentServiceError(Exception):
    """Base of every error this package raises."""


class LoginSettingsError(AgentServiceError):
    """The settings do not say completely how users log in."""


class LoginRequiredError(AgentServiceError):
    """The request does not prove who sends it; the text is for the log."""


class LoginUnavailableError(AgentServiceError):
    """Whether a login is good cannot be found out right now."""


class ModelChoiceError(AgentServiceError):
    """The settings do not name a language model that can be used."""


class McpUnavailableError(AgentServiceError):
    """The MCP server cannot be used right now; the text is for the user of the chat."""


class EmptyAnswerError(AgentServiceError):
    """The model ended its turn without a word."""


class RequestRefusedError(AgentServiceError):
    """A request that the service does not carry out, with the HTTP status and a short code for programs."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str = "invalid_request",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


class SaidError(AgentServiceError):
    """An error that the user of the chat reads in their language: `key` is a sentence of the catalogue."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(say(FALLBACK, key, **values))
        self._key = key
        self._values = values

    def said(self, locale: str) -> str:
        """The sentence in the user's language."""
        return say(locale, self._key, **self._values)


class ToolRefusedError(SaidError):
    """A tool that was called for a card did not do it."""


class ActionRefusedError(SaidError):
    """A card's action that makes no sense here."""
