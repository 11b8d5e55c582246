"""What of the knowledge base a search may find, and the condition in SQL that says so of a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from psycopg import sql
from psycopg.types.json import Jsonb

from knowledge_base.globs import as_expression, is_glob

# Objects that are looked for in metadata; each is a look into the index.
MAX_OBJECTS = 64


@dataclass(frozen=True)
class SearchFilter:
    """What may be found: a collection, documents whose metadata have these values, at or below a source,
    changed in a period (`since` included, `until` not).

    The source may be a glob, as `docs/**/*.md`; a document that is called so is meant as well.
    A metadata value is one value or a list of which any will do; a list in the metadata matches by any of
    its members. `restricted`: not all collections are open to the caller. Postgres holds the others back by
    itself; it is said here because their passages are then searched like those of a collection.
    """

    collection: str | None = None
    metadata: Mapping[str, Any] | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    restricted: bool = False

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return self.by_collection or self.by_document

    @property
    def by_collection(self) -> bool:
        """Whether it leaves out whole collections."""
        return self.collection is not None or self.restricted

    @property
    def by_document(self) -> bool:
        """Whether documents have to be looked at."""
        return any((self.metadata, self.source, self.since, self.until))


@dataclass(frozen=True)
class Condition:
    """A condition on a row of `documents`, with its parameters.

    `having` among these: objects of which the metadata contain one where the condition is met. An index finds
    them. `is_having`: whoever has one of them meets the condition.
    """

    text: sql.Composed
    values: Mapping[str, Any]
    is_having: bool = False


def condition_of(which: SearchFilter) -> Condition:
    """Which documents may be found. Each part can be answered by an index."""
    parts: list[sql.Composable] = [sql.SQL("true")]
    values: dict[str, Any] = {}
    if which.collection is not None:
        parts.append(sql.SQL("documents.collection = %(collection)s"))
        values["collection"] = which.collection
    if which.source is not None:
        # Below it is what begins with it and a slash; 0 follows the slash.
        below = sql.SQL(
            """
            documents.source = %(source)s
            or (documents.source ~>=~ (%(source)s || '/') and documents.source ~<~ (%(source)s || '0'))
            """
        )
        like = sql.SQL("or documents.source ~ %(source_like)s" if is_glob(which.source) else "")
        parts.append(sql.SQL("({} {})").format(below, like))
        values["source"], values["source_like"] = which.source, as_expression(which.source)
    if which.since is not None:
        parts.append(sql.SQL("documents.updated_at >= %(since)s"))
        values["since"] = which.since
    if which.until is not None:
        parts.append(sql.SQL("documents.updated_at < %(until)s"))
        values["until"] = which.until
    if which.metadata:
        metadata = {key: _forms(key, wanted) for key, wanted in which.metadata.items()}
        for number, forms in enumerate(metadata.values()):
            parts.append(
                sql.SQL("documents.metadata @> any ({})").format(sql.Placeholder(f"metadata_{number}"))
            )
            values[f"metadata_{number}"] = [Jsonb(form) for form in forms]
        objects = _together(list(metadata.values()))
        values["having"] = [Jsonb(each) for each in objects]
        is_all = len(metadata) == len(parts) - 1 and all(len(each) == len(metadata) for each in objects)
        return Condition(sql.SQL(" and ").join(parts), values, is_all)
    return Condition(sql.SQL(" and ").join(parts), values)


def _forms(key: str, wanted: Any) -> list[dict[str, Any]]:
    """What metadata contain that have the value, any of the values, or a list with one of them."""
    accepted = cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted]
    return [form for value in accepted for form in ({key: value}, {key: [value]})]


def _together(metadata: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What metadata contain that meet all conditions; of the last ones nothing where it is too many."""
    together: list[dict[str, Any]] = [{}]
    for forms in metadata:
        if len(together) * len(forms) > MAX_OBJECTS and together != [{}]:
            break
        together = [each | form for each in together for form in forms]
    return together
