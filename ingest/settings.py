"""Settings of ingestion."""

from pydantic import Field

from knowledge_base.settings import KnowledgeBaseSettings


class IngestSettings(KnowledgeBaseSettings):
    """How much one file may be, and may cost."""

    ingest_max_file_bytes: int = Field(
        50_000_000,
        ge=1,
        description="Largest file that is read, in bytes; larger ones are reported as failed.",
    )
    ingest_file_seconds: int = Field(
        60, ge=1, le=3600, description="Longest time that reading one file may take, in seconds."
    )
    ingest_file_memory_mb: int = Field(
        1_500,
        ge=256,
        description="Maximum memory that reading one file may take, in megabytes (not on macOS).",
    )
    ingest_parsers: int = Field(2, ge=1, le=64, description="Files that are read at the same time.")
    ingest_allow_private_addresses: bool = Field(
        False,
        description="Web pages may be fetched from this machine and from private networks. "
        "Set it only where everybody who ingests may see what is there.",
    )
