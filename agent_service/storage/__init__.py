"""ChatKit's `Store`, on Postgres and in memory, under one contract."""

from agent_service.storage.memory import MemoryStore
from agent_service.storage.postgres import PostgresStore

__all__ = ["MemoryStore", "PostgresStore"]
