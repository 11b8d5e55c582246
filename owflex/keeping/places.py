"""The two databases and the data folder: everything of an installation that is kept."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr

from agent_service.settings.settings import AgentServiceSettings
from database.acting import act_from_now, now_acting
from database.embedded import configured_or_embedded
from database.errors import PostgresUnreachableError
from database.home import open_data_folder
from database.pool import first_line, safe_address
from database.settings import read_settings
from knowledge_base.settings import KnowledgeBaseSettings

DatabaseName = Literal["chat", "knowledge_base"]
CONNECT_SECONDS = 10
# How values become text must not depend on the server's settings: digests are compared between two of them.
# A row that row-level security would hide is an error.
SESSION = """
set datestyle = 'ISO, YMD';
set timezone = 'UTC';
set intervalstyle = 'postgres';
set extra_float_digits = 1;
set bytea_output = 'hex';
set row_security = off;
set statement_timeout = 0;
set idle_in_transaction_session_timeout = 0;
set jit = off
"""


@dataclass(frozen=True)
class Place:
    """A database: which of the two, its URL, the setting that names it, and whose migrations it has."""

    name: DatabaseName
    url: str
    setting: str
    package: str

    @property
    def migrations(self) -> Traversable:
        """The folder with the migrations that this version ships."""
        return files(self.package) / "migrations"

    @property
    def database(self) -> str:
        """What Postgres calls it."""
        with connected(self) as connection:
            return connection.info.dbname

    def sibling(self, database: str) -> "Place":
        """Another database on the same server."""
        parameters = conninfo_to_dict(self.url)
        parameters["dbname"] = database
        return Place(self.name, make_conninfo("", **parameters), self.setting, self.package)


@dataclass(frozen=True)
class Installation:
    """What is kept of an installation; in the order in which moments are taken.

    The chat comes first: what it speaks of (documents, tasks) was in the knowledge base before.
    """

    folder: Path
    chat: Place
    knowledge_base: Place
    is_embedded: bool = False

    @property
    def places(self) -> tuple[Place, Place]:
        """Both databases, that of the chat first."""
        return self.chat, self.knowledge_base


@contextmanager
def opened_installation() -> Generator[Installation]:
    """What the settings name; an embedded Postgres runs while in the block, if not of `owflex up`.

    Raises `DatabaseError`, `SettingsError`.
    """
    chat, knowledge_base = read_settings(AgentServiceSettings), read_settings(KnowledgeBaseSettings)
    folder = open_data_folder(chat.owflex_home)
    urls = {"chat": chat.chat_database_url, "knowledge_base": knowledge_base.knowledge_base_database_url}
    with ExitStack() as stack:
        of_chat, of_knowledge_base = (_entered(stack, folder, name, url) for name, url in urls.items())
        yield Installation(folder, of_chat, of_knowledge_base, None in urls.values())


def _entered(stack: ExitStack, folder: Path, name: str, configured: SecretStr | None) -> Place:
    url = stack.enter_context(configured_or_embedded(configured, folder, name))
    if name == "chat":
        return Place("chat", url, "CHAT_DATABASE_URL", "agent_service")
    return Place("knowledge_base", url, "KNOWLEDGE_BASE_DATABASE_URL", "knowledge_base")


@contextmanager
def connected(place: Place) -> Generator[psycopg.Connection]:
    """A connection in autocommit mode that reads rows as text in one way everywhere.

    Raises `PostgresUnreachableError`.
    """
    try:
        connection = psycopg.connect(place.url, autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        raise PostgresUnreachableError(
            f"No connection to Postgres at {safe_address(place.url)} ({first_line(error)}). "
            f"Check {place.setting}."
        ) from None
    with connection:
        connection.execute(SESSION)
        act_from_now(connection, now_acting())
        yield connection
