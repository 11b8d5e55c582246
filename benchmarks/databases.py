"""A database of its own for each system and round."""

import psycopg
from psycopg import sql


def fresh_database(url: str, name: str) -> str:
    """URL of a new database with pgvector, on the server of the database `benchmark`."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    fresh = url.replace("/benchmark?", f"/{name}?")
    with psycopg.connect(fresh, autocommit=True) as connection:
        connection.execute("create extension vector")
    return fresh
