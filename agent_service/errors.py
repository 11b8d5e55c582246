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


class SecondFactorRequiredError(LoginRequiredError):
    """Somebody is signed in who must set up a second factor before anything else."""


class LoginUnavailableError(AgentServiceError):
    """Whether a login is good cannot be found out right now."""


class ModelChoiceError(AgentServiceError):
    """The settings do not name a language model that can be used."""


class EmptyAnswerError(AgentServiceError):
    """The model ended its turn without a word."""


class AnswerCutError(AgentServiceError):
    """The provider broke off in the middle of an answer, or sent what is no answer."""


class SaidError(AgentServiceError):
    """An error that people read in their language: `key` is a sentence of the catalogue, with `values` in it.

    `status`, `code` and `headers` are its HTTP answer. Values are shown as they are: a parser's or a tool's
    own reason stays English. Raises `KeyError` for a key that the catalogue does not have.
    """

    status: int = 400
    code: str = "invalid_request"

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(say(FALLBACK, key, **values))
        self._key = key
        self._values = values
        self.headers: dict[str, str] = {}

    def said(self, locale: str) -> str:
        """The sentence in the user's language."""
        return say(locale, self._key, **self._values)


class RequestRefusedError(SaidError):
    """A request that the service does not carry out, with the HTTP status and a short code for programs."""

    def __init__(
        self,
        key: str,
        /,
        *,
        status: int = 400,
        code: str = "invalid_request",
        retry_after: int | None = None,
        **values: object,
    ) -> None:
        super().__init__(key, **values)
        self.status = status
        self.code = code
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)


class McpUnavailableError(SaidError):
    """The MCP server cannot be used right now."""

    code = "action_refused"

    def __init__(self) -> None:
        super().__init__("failed.mcp")


class ToolRefusedError(SaidError):
    """A tool that was called for a card did not do it."""

    code = "action_refused"


class ActionRefusedError(SaidError):
    """A card's action that cannot be done here."""

    code = "action_refused"
