"""What the service refuses before it looks at what is wanted, in the user's language, and counted."""

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from agent_service.errors import RequestRefusedError
from agent_service.http.responses import error_response
from agent_service.observe.metrics import Metrics
from serving.refusals import Refusal, Refuse


def refusing(metrics: Metrics) -> Refuse:
    """Makes answers of refusals, and counts them."""

    def refuse(refusal: Refusal, scope: Scope | None) -> Response:
        metrics.refused(refusal.reason)
        error = RequestRefusedError(
            f"limits.{refusal.reason}",
            status=refusal.status,
            code=refusal.reason,
            retry_after=refusal.retry_after,
        )
        return error_response(error, Headers(raw=[]) if scope is None else Headers(scope=scope))

    return refuse
