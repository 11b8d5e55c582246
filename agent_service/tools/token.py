"""The short-lived token that tells the MCP server for which user a run acts."""

import time

import jwt
from pydantic import SecretStr

ISSUER = "owflex-agent-service"
AUDIENCE = "owflex-mcp-server"
LIFETIME_SECONDS = 600
# The chat reads the documents and keeps tasks; it never changes documents.
SCOPE = "kb:read tasks"
# For what a user does in the knowledge view, never for a language model.
WRITING_SCOPE = "kb:read kb:write"


def mint_token(signing_key: SecretStr, user_id: str, scope: str = SCOPE) -> str:
    """A bearer token (HS256 JWT) for `user_id`, good for ten minutes."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": user_id, "iat": now, "exp": now + LIFETIME_SECONDS}
    claims["scope"] = scope
    return jwt.encode(claims, signing_key.get_secret_value(), algorithm="HS256")
