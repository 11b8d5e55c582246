"""What the parts of the service do when settings have changed."""

from collections.abc import Set

from agent_service.live.settings import Follower, LiveSettings
from agent_service.models.providers import ChosenModel, choose_model
from agent_service.requests.admission import Limits
from agent_service.requests.answers import AnswersInTurn
from agent_service.server import OwFlexChatKitServer
from agent_service.settings.run_time import MODEL_SETTINGS


def following(
    live: LiveSettings,
    server: OwFlexChatKitServer,
    at_start: ChosenModel,
    limits: Limits,
    answers: AnswersInTurn,
) -> Follower:
    """Gives each part its new settings; `at_start` is the model while none was chosen on the page."""

    def follow(changed: Set[str]) -> None:
        if "chat_rate_limit_per_minute" in changed:
            limits.renew()
        if "chat_answers_at_once" in changed:
            answers.renew()
        if changed & MODEL_SETTINGS:
            server.dictation.renew()
            server.menu.use(choose_model(live.settings) if live.changed & MODEL_SETTINGS else at_start)

    return follow
