"""Where the authorization server is, and what keeps it from starting."""

from typing import Any

import pytest

from mcp_server.auth.issuer_settings import external_issuer
from mcp_server.auth.oauth.addresses import OAuthAddresses, oauth_addresses
from mcp_server.errors import IssuerSettingsError, ProxySettingsError
from mcp_server.settings import McpServerSettings

EXPOSED = {
    "mcp_server_host": "0.0.0.0",  # noqa: S104 - the setting under test
    "mcp_public_url": "https://kb.example",
    "agent_service_public_url": "https://chat.example/owflex/",
}


def settings(**given: Any) -> McpServerSettings:
    named: dict[str, Any] = {"mcp_oauth": True} | given
    return McpServerSettings(**named)


def test_on_this_machine_the_switch_is_enough() -> None:
    here = settings(mcp_server_port=8101, agent_service_port=8100)
    assert oauth_addresses(here) == OAuthAddresses("http://127.0.0.1:8101", "http://127.0.0.1:8100")
    assert oauth_addresses(settings(mcp_oauth=False)) is None


def test_elsewhere_it_is_where_the_settings_say() -> None:
    addresses = oauth_addresses(settings(**EXPOSED))
    assert addresses == OAuthAddresses("https://kb.example", "https://chat.example/owflex")
    assert addresses is not None
    assert addresses.resource == "https://kb.example/mcp"
    assert addresses.consent(request="a b") == "https://chat.example/owflex/connect?request=a+b"
    # The address alone asks for no identity provider.
    assert external_issuer(settings(**EXPOSED)) is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"mcp_public_url": None}, "needs MCP_PUBLIC_URL"),
        ({"agent_service_public_url": None}, "needs AGENT_SERVICE_PUBLIC_URL"),
        ({"mcp_public_url": "http://kb.example"}, "MCP_PUBLIC_URL must be an https"),
        ({"agent_service_public_url": "http://chat.example"}, "AGENT_SERVICE_PUBLIC_URL must be an https"),
        ({"mcp_public_url": "https://kb.example/mcp"}, "without a path"),
    ],
    ids=str,
)
def test_what_cannot_work_is_said_with_the_cure(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(IssuerSettingsError, match=sentence):
        oauth_addresses(settings(**EXPOSED | given))


def test_proxies_that_are_none_are_said() -> None:
    with pytest.raises(
        ProxySettingsError, match=r"AGENT_SERVICE_PROXY_ADDRESSES: 10\.0\.0\.1/8 has host bits"
    ):
        _ = settings(agent_service_proxy_addresses=["10.0.0.1/8"]).proxies
