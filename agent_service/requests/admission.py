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

from agent_service.context import RequestContext
from agent_service.errors import BUSY, RequestRefusedError
from agent_service.models.menu import ModelMenu
from agent_service.observe.metrics import Metrics
from agent_service.requests.rate_limit import Limits
from serving.draining import Running

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
            "refused.stopping", status=503, code="stopping", retry_after=RETRY_AFTER_SECONDS
        )


class Admission:
    """Lets requests in or refuses them, before anything of them was done."""

    def __init__(self, menu: ModelMenu, limits: Limits, running: Running, metrics: Metrics) -> None:
        self._menu = menu
        self._limits = limits
        self._running = running
        self._metrics = metrics

    async def check(self, request: ChatKitReq, context: RequestContext) -> None:
        """Return when the request may be carried out; a message is counted.

        Raises `RequestRefusedError`, or what the database raises.
        """
        if not isinstance(request, STARTS_A_TURN):
            return
        try:
            if isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq):
                self._menu.check(request.params.input.inference_options.model)
            admit(self._running)
            await self._limits.admit(context.user_id)
        except RequestRefusedError as error:
            self._metrics.refused(error.code)
            raise

    def give_back(self, context: RequestContext) -> None:
        """Take back that a message was counted; it was refused later, because its thread is busy."""
        self._limits.give_back(context.user_id)
        self._metrics.refused(BUSY)
