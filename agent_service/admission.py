"""Which requests may begin an answer: not while the service stops, and not more than a user may ask."""

from chatkit.types import (
    ChatKitReq,
    ThreadsAddClientToolOutputReq,
    ThreadsAddStructuredInputReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsCustomActionReq,
    ThreadsRetryAfterItemReq,
)
from pydantic import TypeAdapter

from agent_service.errors import RequestRefusedError
from agent_service.limits import Limits
from agent_service.metrics import Metrics
from agent_service.models import ModelMenu
from agent_service.request_context import RequestContext
from serving.draining import Running

REQUEST = TypeAdapter[ChatKitReq](ChatKitReq)
STARTS_A_TURN = (
    ThreadsCreateReq
    | ThreadsAddUserMessageReq
    | ThreadsAddClientToolOutputReq
    | ThreadsAddStructuredInputReq
    | ThreadsRetryAfterItemReq
    | ThreadsCustomActionReq
)


RETRY_AFTER_SECONDS = 5


def admit(running: Running) -> None:
    """Return while new turns may begin. Raises `RequestRefusedError` (503)."""
    if running.is_stopping:
        raise RequestRefusedError(
            "The chat is being restarted. Send your message again in a moment.",
            status=503,
            code="stopping",
            retry_after=RETRY_AFTER_SECONDS,
        )


class Admission:
    """Lets requests in or refuses them, before anything of them was done."""

    def __init__(self, menu: ModelMenu, limits: Limits, running: Running, metrics: Metrics) -> None:
        self._menu = menu
        self._limits = limits
        self._running = running
        self._metrics = metrics

    async def check(self, request: str | bytes | bytearray, context: RequestContext) -> None:
        """Return when the request may be carried out; a message is counted.

        Raises `RequestRefusedError`, or what the database raises.
        """
        parsed = REQUEST.validate_json(request)
        if not isinstance(parsed, STARTS_A_TURN):
            return
        try:
            if isinstance(parsed, ThreadsCreateReq | ThreadsAddUserMessageReq):
                self._menu.check(parsed.params.input.inference_options.model)
            admit(self._running)
            await self._limits.admit(context.user_id)
        except RequestRefusedError as error:
            self._metrics.refused(error.code)
            raise
