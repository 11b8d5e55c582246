"""What `owflex up` runs, by the names that people use in its commands."""

from enum import StrEnum


class UpProgram(StrEnum):
    """A program of `owflex up`; `owflex` is the one that keeps the others running."""

    OWFLEX = "owflex"
    POSTGRES = "postgres"
    MCP = "mcp"
    CHAT = "chat"
    WORKER = "worker"
    DOCUMENTS = "documents"
    KEEPER = "keeper"
