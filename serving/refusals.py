"""What a server refuses before it looks at what is wanted: one reason, one status, one sentence each."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response
from starlette.types import Scope


@dataclass(frozen=True)
class Refusal:
    """Why a request is not served; `retry_after` are the seconds after which it may be tried again."""

    reason: str
    status: int
    sentence: str
    retry_after: int | None = None

    def after(self, seconds: int) -> "Refusal":
        """The same, with another time until the next attempt."""
        return Refusal(self.reason, self.status, self.sentence, seconds)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that belong to the answer."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


# What makes an answer of a refusal; each server has a form and languages of its own, and counts them.
Refuse = Callable[[Refusal, Scope | None], Response]

CLOSING = {"Connection": "close"}
NOT_HTTP = Refusal("not_http", 400, "This is not a valid HTTP request.")
HEAD_TOO_LARGE = Refusal("head_too_large", 431, "The request has too many or too long headers. Send fewer.")
TARGET_TOO_LONG = Refusal("target_too_long", 414, "The address of the request is too long. Shorten it.")
TOO_SLOW = Refusal("too_slow", 408, "The request did not arrive in time. Send it again.")
NO_ROOM = Refusal(
    "no_room", 503, "The server has as many connections as it can hold. Try again in a moment.", 5
)
TOO_MANY_AT_ONCE = Refusal(
    "too_many_at_once", 429, "Too many requests at once. Wait until some are answered, then try again.", 1
)
TOO_MANY_REQUESTS = Refusal(
    "too_many_requests", 429, "Too many requests in a short time. Try again after the time in Retry-After."
)
TOO_MANY_FAILED_LOGINS = Refusal(
    "too_many_failed_logins",
    429,
    "Too many attempts to log in failed. Try again after the time in Retry-After.",
)
BODIES_FULL = Refusal(
    "bodies_full", 503, "Too much is being uploaded at this moment. Try again in some seconds.", 10
)
REFUSALS = (
    *(NOT_HTTP, HEAD_TOO_LARGE, TARGET_TOO_LONG, TOO_SLOW, NO_ROOM),
    *(TOO_MANY_AT_ONCE, TOO_MANY_REQUESTS, TOO_MANY_FAILED_LOGINS, BODIES_FULL),
)


def plain_refusal(refusal: Refusal, scope: Scope | None) -> Response:
    """The refusal in English, as JSON."""
    return JSONResponse({"error": refusal.sentence}, refusal.status, headers=refusal.headers)
