"""The chat listens to this machine only, unless it knows its users or somebody has asked for it."""

from agent_service.settings.settings import AgentServiceSettings
from serving.binding import check_bind


def check_host(settings: AgentServiceSettings) -> None:
    """Raise `UnsafeBindError` when people can reach the service whom nobody knows or asked to let in."""
    check_bind(
        settings.agent_service_host,
        is_guarded=settings.agent_service_allow_remote or settings.agent_service_auth != "none",
        refusal=f"AGENT_SERVICE_HOST={settings.agent_service_host} opens the chat to other machines, and it "
        "has no login. Listen on 127.0.0.1, set AGENT_SERVICE_AUTH to accounts, jwt or proxy, or say with "
        "AGENT_SERVICE_ALLOW_REMOTE=true that everybody there may be the one local user.",
    )
