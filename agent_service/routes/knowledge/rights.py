"""Who may change the documents on the page."""

from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.settings.settings import AgentServiceSettings
from database.process import is_loopback

EVERYBODY = "*"


def uploads_on(settings: AgentServiceSettings) -> bool:
    """Whether anybody may change documents on the page."""
    if not settings.knowledge_view:
        return False
    if settings.knowledge_uploads is not None:
        return settings.knowledge_uploads
    return settings.agent_service_auth == "none" and is_loopback(settings.agent_service_host)


def may_upload(settings: AgentServiceSettings, user_id: str) -> bool:
    """Whether this user may; an editor is named with or without the way of logging in (`jwt:ann`, `ann`)."""
    editors = settings.knowledge_editors
    if not uploads_on(settings):
        return False
    if settings.agent_service_auth == "none" and not editors:
        return True
    return not {EVERYBODY, user_id, user_id.partition(":")[2]}.isdisjoint(editors)


def check_upload(settings: AgentServiceSettings, context: RequestContext) -> None:
    """Raise `RequestRefusedError` (403) when the user may not change documents."""
    if not may_upload(settings, context.user_id):
        key = "knowledge.no_editor" if uploads_on(settings) else "knowledge.uploads_off"
        raise RequestRefusedError(key, status=403, code="not_allowed")
