"""Who is an administrator: one answer for all kinds of login."""

from agent_service.context import LOCAL_USER
from agent_service.settings.settings import AgentServiceSettings
from database.pool import Pool, fetch
from database.process import is_loopback

IS_ADMIN = "select from people where user_id = %(user_id)s and is_admin and disabled_at is null"


async def is_admin(settings: AgentServiceSettings, pool: Pool, user_id: str) -> bool:
    """Whether this user is an administrator; `pool` is the one of the chat database.

    Without a login it is the local user of a chat that listens on loopback; with accounts it stands beside
    the person; with jwt and proxy AGENT_SERVICE_ADMINS says it, by name (`ann`) or by user id (`jwt:ann`).
    Raises `psycopg.Error`, `PoolTimeout`.
    """
    match settings.agent_service_auth:
        case "none":
            return user_id == LOCAL_USER and is_loopback(settings.agent_service_host)
        case "accounts":
            return bool(await fetch(pool, IS_ADMIN, {"user_id": user_id}))
        case "jwt" | "proxy":
            named = settings.agent_service_admins
            return not {user_id, user_id.partition(":")[2]}.isdisjoint(named)
