"""Settings that ingest and mcp_server share."""

from typing import Literal

from pydantic import Field, SecretStr

from database.settings import ProgramSettings

EngineSetting = Literal["auto", "built-in", "pg_textsearch"]


class KnowledgeBaseSettings(ProgramSettings):
    """Where the knowledge base is and which model embeds it."""

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
    api_key_max_days: int = Field(
        365,
        ge=1,
        le=3650,
        description="For how many days `owflex token create` may make a key at most.",
    )
    knowledge_base_word_engine: EngineSetting = Field(
        "built-in",
        description="What words are searched by: `built-in`, or the extension `pg_textsearch`, which an "
        "administrator has to create in the knowledge base's database; `auto` takes it where it has been "
        "created.",
    )
