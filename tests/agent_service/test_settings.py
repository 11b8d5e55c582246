"""Settings as people write them."""

import pytest
from pydantic import ValidationError

from agent_service.settings.settings import AgentServiceSettings


def test_every_setting_says_what_it_is_for() -> None:
    for name, field in AgentServiceSettings.model_fields.items():
        assert field.description, name


def test_the_mcp_server_is_looked_for_on_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    assert AgentServiceSettings().mcp_server_url == "http://127.0.0.1:8001/mcp"  # pyright: ignore[reportCallIssue]
    monkeypatch.setenv("MCP_SERVER_PORT", "9001")
    assert AgentServiceSettings().mcp_server_url == "http://127.0.0.1:9001/mcp"  # pyright: ignore[reportCallIssue]
    monkeypatch.setenv("MCP_SERVER_URL", "https://mcp.example/mcp/")
    assert AgentServiceSettings().mcp_server_url == "https://mcp.example/mcp"  # pyright: ignore[reportCallIssue]


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "CORS_ORIGINS", "MCP_SERVER_URL", "AGENT_SERVICE_PORT", "MODEL_NAME"):
        monkeypatch.setenv(name, "")
    settings = AgentServiceSettings()  # pyright: ignore[reportCallIssue]
    assert settings.openai_api_key is None
    assert settings.model_name is None
    assert settings.cors_origins == []
    assert settings.agent_service_port == 8000


def test_lists_are_separated_by_commas_and_white_space_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CORS_ORIGINS", " https://a.example/ , http://b.example:8080 ")
    monkeypatch.setenv("OPENAI_API_KEY", " sk-test\n")
    settings = AgentServiceSettings()  # pyright: ignore[reportCallIssue]
    assert settings.cors_origins == ["https://a.example", "http://b.example:8080"]
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == "sk-test"


@pytest.mark.parametrize("value", ["*", "https://*.example", "a.example"])
def test_an_origin_must_be_one_origin(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CORS_ORIGINS", value)
    with pytest.raises(ValidationError, match="is not an origin"):
        AgentServiceSettings()  # pyright: ignore[reportCallIssue]


def test_keys_are_not_shown() -> None:
    settings = AgentServiceSettings(openai_api_key="sk-very-secret")  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert "sk-very-secret" not in repr(settings)
