"""ChatKit's `Store`, on Postgres and in memory, under one contract."""

from agent_service.store.memory import MemoryStore
from agent_service.store.postgres import PostgresStore

__all__ = ["MemoryStore", "PostgresStore"]
