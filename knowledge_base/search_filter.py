"""What of the knowledge base a search may find, and the condition in SQL that says so of a document."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from psycopg import sql
from psycopg.types.json import Jsonb


@dataclass(frozen=True)
class SearchFilter:
    """What may be found: a collection, documents whose metadata have these values, at or below a source,
    changed in a period (`since` included, `until` not).

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
    """A condition on a row of `documents`, with its parameters."""

    text: sql.Composed
    values: Mapping[str, Any]


def condition_of(which: SearchFilter) -> Condition:
    """Which documents may be found. Each part can be answered by an index."""
    parts: list[sql.Composable] = [sql.SQL("true")]
    values: dict[str, Any] = {}
    if which.collection is not None:
        parts.append(sql.SQL("documents.collection = %(collection)s"))
        values["collection"] = which.collection
    if which.source is not None:
        # Below it is what begins with it and a slash; 0 follows the slash.
        parts.append(
            sql.SQL(
                """(
                    documents.source = %(source)s
                    or (documents.source ~>=~ (%(source)s || '/') and documents.source ~<~ (%(source)s || '0'))
                )"""
            )
        )
        values["source"] = which.source
    if which.since is not None:
        parts.append(sql.SQL("documents.updated_at >= %(since)s"))
        values["since"] = which.since
    if which.until is not None:
        parts.append(sql.SQL("documents.updated_at < %(until)s"))
        values["until"] = which.until
    for number, (key, wanted) in enumerate((which.metadata or {}).items()):
        part, given = _has(f"metadata_{number}", key, wanted)
        parts.append(part)
        values |= given
    return Condition(sql.SQL(" and ").join(parts), values)


def _has(name: str, key: str, wanted: Any) -> tuple[sql.Composable, dict[str, Any]]:
    """The condition that metadata have the value, any of the values, or a list with one of them."""
    accepted = cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted]
    forms = [form for value in accepted for form in ({key: value}, {key: [value]})]
    values = {f"{name}_{number}": Jsonb(form) for number, form in enumerate(forms)}
    if not values:
        return sql.SQL("false"), {}
    either = sql.SQL(" or ").join(
        sql.SQL("documents.metadata @> {}").format(sql.Placeholder(each)) for each in values
    )
    return sql.SQL("({})").format(either), values
