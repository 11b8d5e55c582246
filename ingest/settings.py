"""Settings of ingestion."""

from pydantic import Field

from knowledge_base.settings import KnowledgeBaseSettings


class IngestSettings(KnowledgeBaseSettings):
    """How much one file may be."""

    ingest_max_file_bytes: int = Field(
        50_000_000,
        ge=1,
        description="Largest file that is read, in bytes; larger ones are reported as failed.",
    )
