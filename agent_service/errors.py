"""What can go wrong in the agent service; each message says what to do about it."""


class AgentServiceError(Exception):
    """Base of every error this package raises."""


class UnsafeBindError(AgentServiceError):
    """The chat would be reachable from other machines without anybody having asked for it."""


class ModelChoiceError(AgentServiceError):
    """The settings do not name a language model that can be used."""


class McpUnavailableError(AgentServiceError):
    """The MCP server cannot be used right now; the text is for the user of the chat."""


class EmptyAnswerError(AgentServiceError):
    """The model ended its turn without a word."""


class RequestRefusedError(AgentServiceError):
    """A request that the service does not carry out, with the HTTP status and a short code for programs."""

    def __init__(self, message: str, *, status: int = 400, code: str = "invalid_request") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
