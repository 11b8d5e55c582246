"""How many answers are written for one user at once."""

from contextlib import AbstractAsyncContextManager

from agent_service.errors import RequestRefusedError
from agent_service.settings.settings import AgentServiceSettings
from serving.fair_slots import FairSlots

# The code of the refusal.
TOO_MANY = "too_many_answers"
# How many messages may wait for each answer that is being written.
WAITING_FOR_EACH = 2
RETRY_AFTER_SECONDS = 5


class AnswersInTurn:
    """Lets each user have CHAT_ANSWERS_AT_ONCE answers in the making; further messages wait for a while."""

    def __init__(self, settings: AgentServiceSettings) -> None:
        self._settings = settings
        self._wait_seconds = settings.turn_wait_seconds
        self.renew()

    def renew(self) -> None:
        """Read the settings anew; answers in the making are not counted any more."""
        most = self._settings.chat_answers_at_once or 0
        self._slots = FairSlots[str](0, each=most, waiting=most * WAITING_FOR_EACH)
        self._most = most

    def one(self, user: str) -> AbstractAsyncContextManager[None]:
        """While in the block an answer is written. Raises `RequestRefusedError` (429)."""
        return self._slots.one(user, self._wait_seconds, self._refusal)

    def _refusal(self) -> RequestRefusedError:
        return RequestRefusedError(
            "limits.too_many_answers",
            status=429,
            code=TOO_MANY,
            retry_after=RETRY_AFTER_SECONDS,
            number=self._most,
        )
