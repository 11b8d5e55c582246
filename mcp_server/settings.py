"""Settings of the MCP server."""

from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from knowledge_base.settings import KnowledgeBaseSettings


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
    mcp_allowed_hosts: Annotated[list[str], NoDecode] = Field(
        [],
        description="Host names, separated by commas, under which clients reach the server besides localhost "
        "(a protection against DNS rebinding).",
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
        description="Name or folder of a sentence-transformers cross-encoder that orders the best passages "
        "anew. Default: none; it makes a search some hundred milliseconds slower.",
    )
    rerank_candidates: int = Field(20, ge=2, le=100, description="Passages that the reranking model reads.")
    rerank_seconds: float = Field(
        2.0, gt=0, description="Longest time reranking may take; after it the order stays as it was."
    )
    search_token_budget: int = Field(
        4000, ge=256, description="Most tokens of document text in one answer of the search or a document."
    )
    tool_timeout_seconds: float = Field(30, gt=0, description="Time limit of one tool call.")
    database_pool_size: int = Field(4, ge=1, description="Most connections to Postgres.")

    @field_validator("mcp_allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return [host.strip() for host in value.split(",") if host.strip()]
