"""Who is calling: the local token's owner, or a user the agent service vouches for."""

import hmac

import jwt
from fastmcp.server.auth import AccessToken, TokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import SecretStr

from mcp_server.errors import McpServerError

LOCAL_USER = "local"
AGENT_ISSUER = "owflex-agent-service"
AUDIENCE = "owflex-mcp-server"


class NoCallerError(McpServerError):
    """A tool was reached without an identity."""


class BearerVerifier(TokenVerifier):
    """Accepts the local token (user `local`) and short-lived HS256 JWTs signed with the shared key."""

    def __init__(self, local_token: SecretStr, signing_key: SecretStr) -> None:
        super().__init__()
        self._local_token = local_token.get_secret_value().encode()
        self._signing_key = signing_key.get_secret_value()

    async def verify_token(self, token: str) -> AccessToken | None:
        """The caller's identity, or None when the token is not good."""
        if hmac.compare_digest(token.encode(), self._local_token):
            return AccessToken(token=token, client_id="local-token", scopes=[], subject=LOCAL_USER)
        return self._verify_signed(token)

    def _verify_signed(self, token: str) -> AccessToken | None:
        try:
            claims = jwt.decode(
                token,
                self._signing_key,
                algorithms=["HS256"],
                audience=AUDIENCE,
                issuer=AGENT_ISSUER,
                leeway=10,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
        except jwt.InvalidTokenError:
            return None
        if not claims["sub"]:
            return None
        return AccessToken(
            token=token,
            client_id=AGENT_ISSUER,
            scopes=[],
            subject=str(claims["sub"]),
            expires_at=int(claims["exp"]),
            claims=claims,
        )


def current_user(stdio_user: str | None) -> str:
    """The user of this call: from the bearer token, or `stdio_user` where the client is our parent process.

    Raises `NoCallerError`: no tool runs for nobody.
    """
    token = get_access_token()
    user = token.subject if token is not None else stdio_user
    if not user:
        raise NoCallerError("No user: the call carries no token.")
    return user
