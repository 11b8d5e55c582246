"""Settings that ingest and mcp_server share."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class KnowledgeBaseSettings(BaseSettings):
    """Where the knowledge base is and which model embeds it. Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore")

    owflex_home: Path | None = Field(
        None,
        description="Data folder: the embedded Postgres, the local tokens and caches. "
        "Default: the platform's user data folder.",
    )
    knowledge_base_database_url: SecretStr | None = Field(
        None,
        description="Postgres (15 or newer with pgvector 0.8 or newer) that holds documents and tasks. "
        "Default: the embedded Postgres in the data folder.",
    )
    embedding_model: str | None = Field(
        None,
        description="Name or folder of a sentence-transformers model. Default: the model of the index, for a "
        "new one all-MiniLM-L6-v2, which comes with the installation; "
        "other names are loaded from the Hugging Face hub.",
    )
