"""The settings of an external issuer: all or none, and nothing that could be listened to on the way."""

from collections.abc import Mapping

import pytest

from mcp_server.auth.issuer_settings import ExternalIssuer, external_issuer
from mcp_server.errors import IssuerSettingsError
from mcp_server.settings import McpServerSettings

ISSUER = "https://login.example/realms/main"
AUDIENCE = "https://kb.example/mcp"


def settings_of(**changed: str | None) -> McpServerSettings:
    values: Mapping[str, str | None] = {
        "mcp_auth_issuer": ISSUER,
        "mcp_auth_jwks_url": "https://login.example/keys",
        "mcp_auth_audience": AUDIENCE,
        "mcp_public_url": "https://kb.example",
    }
    return McpServerSettings(**{**values, **changed})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "missing", ["mcp_auth_issuer", "mcp_auth_jwks_url", "mcp_auth_audience", "mcp_public_url"]
)
def test_a_setting_that_is_missing_is_named(missing: str) -> None:
    with pytest.raises(IssuerSettingsError, match=f"; {missing.upper()} is not set"):
        external_issuer(settings_of(**{missing: None}))


def test_without_the_settings_there_is_no_external_issuer() -> None:
    assert external_issuer(McpServerSettings()) is None  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize("setting", ["mcp_auth_issuer", "mcp_auth_jwks_url", "mcp_public_url"])
@pytest.mark.parametrize(
    "address",
    [
        "http://login.example/keys",
        "login.example",
        "file:///etc/passwd",
        "https://",
        "https://user@login.example",
        "https://login.example/?a=b",
        "https://login.example/#a",
        "https://login.example:port",
        "https://[login.example",
    ],
)
def test_an_unsafe_address_is_refused(setting: str, address: str) -> None:
    with pytest.raises(IssuerSettingsError, match=setting.upper()):
        external_issuer(settings_of(**{setting: address}))


def test_this_machine_needs_no_tls() -> None:
    found = external_issuer(settings_of(mcp_auth_jwks_url="http://127.0.0.1:9/keys"))
    assert found == ExternalIssuer(ISSUER, "http://127.0.0.1:9/keys", AUDIENCE, "https://kb.example")


def test_the_path_of_the_server_is_not_part_of_its_public_address() -> None:
    with pytest.raises(IssuerSettingsError, match="leave /mcp out"):
        external_issuer(settings_of(mcp_public_url="https://kb.example/mcp/"))
