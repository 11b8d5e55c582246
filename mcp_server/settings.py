"""Settings of the MCP server."""

import re
from ipaddress import ip_network
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from database.settings import AddressList, CommaList, Origins
from knowledge_base.settings import KnowledgeBaseSettings
from mcp_server.calls.arguments import time_zone_named
from mcp_server.errors import ProxySettingsError
from serving.client_addresses import Network

# Secrets that are not set are kept in the data folder under these names.
TOKEN_FILE, SIGNING_KEY_FILE = "mcp-token", "mcp-signing-key"
ToolSet = Literal["default", "openai", "all", "compact"]
SCHEME = re.compile(r"postgres(ql)?://")
BETWEEN_URLS = re.compile(r"[\s,]+(?=postgres(?:ql)?://)")


class McpServerSettings(KnowledgeBaseSettings):
    """Where the server listens, whom it lets in and how much it answers."""

    mcp_server_host: str = Field(
        "127.0.0.1",
        description="Address to listen on. Anything but loopback needs MCP_SERVER_TOKEN and MCP_SIGNING_KEY.",
    )
    mcp_server_port: int = Field(8001, ge=1, le=65535, description="Port to listen on.")
    mcp_server_token: SecretStr | None = Field(
        None,
        min_length=32,
        description="Bearer token of standalone MCP clients (32 characters or more). "
        "Default: the file mcp-token in the data folder, made at the first start.",
    )
    mcp_signing_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Key with which the agent service signs its users' tokens (32 characters or more, "
        "the same for both). Default: the file mcp-signing-key in the data folder, made at the first start.",
    )
    mcp_allowed_hosts: AddressList = Field(
        [],
        description="Host names, separated by commas, under which clients reach the server besides localhost "
        "(a protection against DNS rebinding).",
    )
    mcp_allowed_origins: Origins = Field(
        [],
        description="Origins of web pages that may speak to the server from a browser, separated by commas, "
        "e.g. https://inspector.example; each still needs a token.",
    )
    mcp_auth_issuer: str | None = Field(
        None,
        description="Issuer (`iss`) of your identity provider, whose tokens are accepted besides our own. "
        "Needs MCP_AUTH_JWKS_URL, MCP_AUTH_AUDIENCE and MCP_PUBLIC_URL. Default: none.",
    )
    mcp_auth_jwks_url: str | None = Field(
        None, description="Address of the issuer's public keys (JWKS); https:// unless on this machine."
    )
    mcp_auth_audience: str | None = Field(
        None, description="Audience (`aud`) that the issuer's tokens must name."
    )
    mcp_auth_max_hours: int = Field(
        24,
        ge=1,
        le=8784,
        description="For how many hours a token of the issuer may still be good; longer ones are refused.",
    )
    mcp_public_url: str | None = Field(
        None,
        description="Address under which clients reach the server, without /mcp. "
        "Default on loopback: http://127.0.0.1:MCP_SERVER_PORT.",
    )
    mcp_oauth: bool = Field(
        False,
        description="Whether MCP clients may connect by the address alone: the server then gives out tokens "
        "itself (OAuth 2.1), and people let clients in on a page of the chat.",
    )
    agent_service_public_url: str | None = Field(
        None,
        description="Address of the chat, where people let clients in, and of the page that results of "
        "search and fetch link to. "
        "Default: http://127.0.0.1:AGENT_SERVICE_PORT.",
    )
    agent_service_port: int = Field(8000, ge=1, le=65535, description="Port of the chat.")
    agent_service_proxy_addresses: CommaList = Field(
        [],
        description="Addresses or networks of proxies in front, separated by commas, e.g. 10.1.0.0/24. Only "
        "from these AGENT_SERVICE_PROXY_HEADER is trusted, and X-Forwarded-For for limits by address "
        "and audits.",
    )
    vector_similarity_threshold: float = Field(
        0.3,
        ge=0,
        le=1,
        description="Cosine similarity from which a passage counts as relevant, unless a request says "
        "otherwise.",
    )
    rerank_model: str | None = Field(
        None,
        description="Name or folder of a sentence-transformers cross-encoder that reorders the best "
        "passages. Default: none; it makes a search a few hundred milliseconds slower.",
    )
    rerank_candidates: int = Field(20, ge=2, le=100, description="Passages that the reranking model reads.")
    rerank_seconds: float = Field(
        2.0, gt=0, description="Longest time reranking may take; after that the order stays as it was."
    )
    search_token_budget: int = Field(
        4000, ge=256, description="Maximum tokens of document text in one answer of a search or a document."
    )
    task_time_zone: str | None = Field(
        None,
        description="Time zone that says which day is today for tasks, e.g. Europe/Berlin, unless a call "
        "names another. Default: the one of this machine.",
    )
    tool_timeout_seconds: float = Field(30, gt=0, description="Time limit of one tool call.")
    mcp_tool_set: ToolSet = Field(
        "default",
        description="Which tools clients are offered. default: all but search and fetch; openai: only search "
        "and fetch, as ChatGPT's company knowledge and deep research ask for; all: everything; compact: "
        "searching and reading, for models with little room. The chat always has the tools it needs.",
    )
    mcp_unknown_arguments: Literal["ignore", "refuse"] = Field(
        "ignore",
        description="What becomes of arguments that a tool does not have. ignore: they are left out, and the "
        "result says so; refuse: the call is an error.",
    )
    mcp_rate_limit_per_minute: int = Field(
        600,
        ge=0,
        description="Maximum tool calls, prompts and reads of resources a minute for each user of each "
        "client, and ten times as many other requests; 0 sets no limit.",
    )
    mcp_rate_limit_burst: int = Field(
        300, ge=1, description="How many of these calls may come at once, after a pause."
    )
    mcp_calls_at_once: int = Field(
        16,
        ge=2,
        description="How many tool calls are in work at once, for all users; the others wait, and users take "
        "turns. One user alone may have three quarters of them, beside others two.",
    )
    mcp_requests_at_once: int = Field(
        200,
        ge=1,
        description="Maximum requests that one token may have open at once; further ones wait, and are then "
        "answered with 429.",
    )
    mcp_subscriptions_each: int = Field(
        8,
        ge=1,
        description="How many subscriptions to changes a user may have open at once in each process; all "
        "users together a quarter of MCP_MAX_CONNECTIONS.",
    )
    mcp_max_connections: int = Field(
        1000,
        ge=2,
        description="Maximum number of client connections. For a further one the longest idle one is closed; "
        "without such it is answered with 503.",
    )
    mcp_grace_seconds: int = Field(
        10, ge=1, description="How long running calls may take to finish when the server is stopped."
    )
    log_format: Literal["text", "json"] = Field("text", description="How the log is written: text or json.")
    database_pool_size: int = Field(
        4, ge=1, description="Maximum number of connections to Postgres, and to each of its replicas."
    )
    knowledge_base_read_urls: SecretStr | None = Field(
        None,
        description="Streaming replicas of the knowledge base's Postgres, separated by commas: searches and "
        "reads of documents are spread over them. Default: none.",
    )
    knowledge_base_read_max_lag_seconds: float = Field(
        4,
        gt=0,
        description="A replica that is further behind is left out until it has caught up. It may take so "
        "long until a right that was taken away is felt there.",
    )

    @property
    def read_urls(self) -> list[str]:
        """The addresses of the replicas. One address may name several hosts with commas between them."""
        given = self.knowledge_base_read_urls
        return [] if given is None else BETWEEN_URLS.split(given.get_secret_value())

    @property
    def proxies(self) -> list[Network]:
        """The proxies that are trusted. Raises `ProxySettingsError` when they cannot be read."""
        try:
            return [ip_network(address) for address in self.agent_service_proxy_addresses]
        except ValueError as error:
            raise ProxySettingsError(f"AGENT_SERVICE_PROXY_ADDRESSES: {error}.") from None

    @field_validator("knowledge_base_read_urls")
    @classmethod
    def _are_urls(cls, value: SecretStr | None) -> SecretStr | None:
        urls = [] if value is None else BETWEEN_URLS.split(value.get_secret_value())
        if not all(SCHEME.match(url) for url in urls):
            raise ValueError("each address must begin with postgresql://")
        return value

    @field_validator("task_time_zone")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        if value is not None:
            time_zone_named(value)
        return value
