"""Settings of the agent service."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class AgentServiceSettings(BaseSettings):
    """Where the chat listens, which model answers and how it reaches the MCP server."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore")

    owflex_home: Path | None = Field(
        None,
        description="Data folder: the embedded Postgres, the local tokens and caches. "
        "Default: the platform's user data folder.",
    )
    chat_database_url: SecretStr | None = Field(
        None,
        description="Postgres (15 or newer) that holds the chats. "
        "Default: the embedded Postgres in the data folder.",
    )
    chat_pool_size: int = Field(4, ge=1, description="Most connections to the chat database.")
    agent_service_host: str = Field(
        "127.0.0.1",
        description="Address to listen on. Anything but loopback needs AGENT_SERVICE_ALLOW_REMOTE=true.",
    )
    agent_service_port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    agent_service_allow_remote: bool = Field(
        False,
        description="Listen on an address other machines can reach. There is one local user and no login: "
        "put a proxy that authenticates people in front.",
    )
    agent_service_allowed_hosts: Annotated[list[str], NoDecode] = Field(
        [],
        description="Host names, separated by commas, under which browsers reach the chat besides localhost "
        "(a protection against DNS rebinding).",
    )
    cors_origins: Annotated[list[str], NoDecode] = Field(
        [],
        description="Origins of other web pages that may use the chat, separated by commas, "
        "e.g. https://intranet.example.",
    )
    max_request_bytes: int = Field(262_144, ge=1024, description="Largest request body, in bytes.")
    mcp_server_port: int = Field(8001, ge=1, le=65535, description="Port of the MCP server on this machine.")
    mcp_server_url: str = Field(
        "",
        description="Address of the MCP server. Default: http://127.0.0.1:MCP_SERVER_PORT/mcp.",
    )
    mcp_signing_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Key with which the agent service signs its users' tokens (32 characters or more, "
        "the same for both). Default: the file mcp-signing-key in the data folder, made at the first start.",
    )
    mcp_connect_timeout_seconds: float = Field(
        5, gt=0, description="Time limit for connecting to the MCP server."
    )
    mcp_session_timeout_seconds: float = Field(15, gt=0, description="Time limit of one tool call.")
    openai_api_key: SecretStr | None = Field(
        None, description="Key for OpenAI, or for the server at OPENAI_BASE_URL where that needs one."
    )
    openai_base_url: str | None = Field(
        None,
        description="Any OpenAI-compatible server, e.g. http://127.0.0.1:11434/v1 for Ollama. "
        "Needs MODEL_NAME.",
    )
    openrouter_api_key: SecretStr | None = Field(None, description="Key for OpenRouter.")
    gemini_api_key: SecretStr | None = Field(None, description="Key for Gemini.")
    model_name: str | None = Field(
        None,
        description="Name of the language model as its provider calls it. Default: a small, cheap one of the "
        "provider. `extractive` answers by quoting the documents, without a language model.",
    )
    llm_timeout_seconds: float = Field(
        60, gt=0, description="Longest wait for the language model's next sign of life."
    )
    max_turns: int = Field(
        10, ge=2, le=50, description="Most calls of the language model for one answer, tool calls included."
    )
    system_prompt: str | None = Field(
        None,
        description="Who the assistant is and how it speaks. "
        "The rules about documents, citations and tasks are added to it.",
    )
    history_limit: int = Field(
        50, ge=2, le=500, description="Newest messages and steps of a thread that the model gets to see."
    )
    chat_title: str = Field("OwFlex", description="Title of the chat page.")
    chat_greeting: str = Field("What would you like to know?", description="Greeting on the empty chat page.")

    @field_validator("*", mode="before")
    @classmethod
    def _without_white_space(cls, value: object) -> object:
        """A pasted key or URL often brings a line end along."""
        return value.strip() if isinstance(value, str) else value

    @field_validator("agent_service_allowed_hosts", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return [part.strip().rstrip("/") for part in value.split(",") if part.strip()]

    @field_validator("cors_origins")
    @classmethod
    def _no_wildcard(cls, value: list[str]) -> list[str]:
        for origin in value:
            if "://" not in origin or "*" in origin:
                raise ValueError(
                    f"{origin!r} is no origin. List each one, e.g. https://intranet.example: "
                    "a wildcard would let every web page read the chats."
                )
        return value

    @field_validator("mcp_server_url", "openai_base_url")
    @classmethod
    def _http_url(cls, value: str | None) -> str | None:
        """Without the slash at the end: the MCP client does not follow the redirect it would cause."""
        if not value:
            return value
        if not value.startswith(("http://", "https://")):
            raise ValueError(f"{value!r} is no address. It begins with http:// or https://.")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _mcp_server_on_this_machine(self) -> Self:
        self.mcp_server_url = self.mcp_server_url or f"http://127.0.0.1:{self.mcp_server_port}/mcp"
        return self
