"""What a backup says of itself: versions, tables with their digests, and the checksum of each part."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from owflex.keeping.errors import ArchiveError
from owflex.keeping.places import DatabaseName
from owflex.keeping.tables import Content

FORMAT = 1


@dataclass(frozen=True)
class Part:
    """A member of the archive: its size in bytes and its SHA-256 in hex."""

    size: int
    sha256: str


@dataclass(frozen=True)
class DatabaseManifest:
    """A database at the moment of the backup.

    `migrations` are names with their SHA-256; `granted_to` are roles that tables were opened for.
    """

    postgres: int
    migrations: dict[str, str]
    extensions: dict[str, str]
    granted_to: list[str]
    tables: dict[str, Content]

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(content.rows for content in self.tables.values())


@dataclass(frozen=True)
class Manifest:
    """A whole backup; `format` is that of the archive, `embedding_model` what documents are found with."""

    owflex: str
    made_at: datetime
    databases: dict[DatabaseName, DatabaseManifest]
    parts: dict[str, Part]
    embedding_model: str | None = None
    with_secrets: bool = True
    format: int = FORMAT
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def as_json(self) -> bytes:
        """For the archive."""
        return AS_JSON.dump_json(self, indent=1)


@dataclass(frozen=True)
class AnyManifest:
    """As much of a manifest as every format has."""

    format: int
    owflex: str


AS_JSON, OF_ANY_FORMAT = TypeAdapter(Manifest), TypeAdapter(AnyManifest)


def read_manifest(text: bytes, version: str) -> Manifest:
    """The manifest. Raises `ArchiveError` when it is none, or of a later format than this `version` knows."""
    try:
        of = OF_ANY_FORMAT.validate_json(text)
        if of.format > FORMAT:
            raise ArchiveError(
                f"The backup was made by OwFlex {of.owflex}, whose backups this version ({version}) cannot "
                f"read. Install OwFlex {of.owflex} or newer, then restore it."
            )
        return AS_JSON.validate_json(text)
    except ValidationError:
        raise ArchiveError(
            "The backup does not say what is in it as this version expects. It is damaged, or was changed: "
            "use another one."
        ) from None
