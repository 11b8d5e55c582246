"""Tokens that administer are for administrators' own requests."""

import jwt
import pytest
from pydantic import SecretStr

from agent_service.tools import connection
from agent_service.tools.connection import administration_scope, mint_token

KEY = SecretStr("a-signing-key-for-tests-of-some-length")


def test_an_administrators_request_gets_a_token_that_does_nothing_else() -> None:
    token = mint_token(KEY, "jwt:root", administration_scope(is_admin=True))
    claims = jwt.decode(token, KEY.get_secret_value(), algorithms=["HS256"], audience=connection.AUDIENCE)
    assert (claims["sub"], claims["scope"]) == ("jwt:root", "admin")


def test_nobody_else_gets_one() -> None:
    with pytest.raises(PermissionError):
        administration_scope(is_admin=False)


def test_no_other_token_of_the_chat_administers() -> None:
    others = {name: value for name, value in vars(connection).items() if name.endswith("SCOPE")}
    assert others.pop("ADMIN_SCOPE") == "admin"
    assert "SCOPE" in others
    assert [name for name, value in others.items() if "admin" in value.split()] == []
