"""What can go wrong below our programs; each message says what to do about it."""

from collections.abc import Sequence

from database.setting_problems import SettingProblem


class DatabaseError(Exception):
    """Base of every error this package raises."""


class DataFolderError(DatabaseError):
    """The data folder cannot be made, read or written."""


class SettingsError(DatabaseError):
    """Settings cannot be used; the text has a line for each of them."""

    def __init__(self, problems: Sequence[SettingProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class PostgresStartError(DatabaseError):
    """The embedded Postgres could not be started."""


class PostgresUnreachableError(DatabaseError):
    """No connection to the configured Postgres."""


class MigrationChangedError(DatabaseError):
    """A migration that was applied earlier is not the file that is shipped now."""


class MigrationBlockedError(DatabaseError):
    """Other connections hold a table that a migration changes, and do not let go."""


class PortTakenError(DatabaseError):
    """Another program listens on the port, or the port is not allowed."""
