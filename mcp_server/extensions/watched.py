"""Which resources a subscriber is told of, and which of the changes are about them."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated, event_to_notification
from mcp_types import SubscriptionFilter

from knowledge_base.access import Connection
from knowledge_base.changes import Changes
from knowledge_base.reads import Reads
from mcp_server.auth.callers import Caller
from mcp_server.calls.arguments import MAX_ID
from mcp_server.resources import COLLECTIONS

MAX_WATCHED = 200
DOCUMENT_URI = re.compile(r"kb://documents/(\d{1,19})")
COLLECTION_URI = re.compile(r"kb://collections/([^/?#]{1,100})")


@dataclass(frozen=True)
class Watched:
    """What a subscription is about. `documents`: address to id and collection; `collections`: address to the
    name it is stored under, None for the list of all.
    """

    list_changes: bool
    documents: Mapping[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    collections: Mapping[str, str | None] = field(default_factory=dict[str, str | None])

    @property
    def uris(self) -> Sequence[str]:
        """The resources."""
        return [*self.documents, *self.collections]

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it is about documents."""
        return not (self.list_changes or self.documents or self.collections)


async def watched_by(reads: Reads, caller: Caller, asked: SubscriptionFilter) -> Watched:
    """What the caller asks to be told of and may read."""
    uris = list(dict.fromkeys(asked.resource_subscriptions or ()))
    numbers = {uri: int(found[1]) for uri in uris if (found := DOCUMENT_URI.fullmatch(uri))}
    names = {
        uri: str(caller.stored_name(found[1])) for uri in uris if (found := COLLECTION_URI.fullmatch(uri))
    }

    async def those_there_are(connection: Connection) -> tuple[dict[int, str], set[str]]:
        ids = sorted({number for number in numbers.values() if number <= MAX_ID})
        rows = await connection.execute(
            "select id, collection from documents where id = any(%(ids)s)", {"ids": ids}
        )
        documents = {number: collection async for number, collection in rows}
        rows = await connection.execute(
            "select name from collections where name = any(%(names)s)", {"names": sorted(set(names.values()))}
        )
        return documents, {name async for (name,) in rows}

    documents, collections = await reads.run(caller.access, those_there_are)
    every: dict[str, str | None] = {COLLECTIONS: None} if COLLECTIONS in uris else {}
    return Watched(
        list_changes=bool(asked.resources_list_changed),
        documents={
            uri: (number, documents[number]) for uri, number in numbers.items() if number in documents
        },
        collections=every | {uri: name for uri, name in names.items() if name in collections},
    )


def notices_about(
    watched: Watched, changes: Changes, open_ones: Set[str] | None, meta: dict[str, Any]
) -> Sequence[Any]:
    """The notifications for a caller to whom these collections are open now (None: all)."""
    if changes.missed:
        # Nobody knows what changed; the client named these, and looks for itself what it may still read.
        touched = list(watched.uris)
        list_changed = watched.list_changes
    else:
        told = {
            name: ids for name, ids in changes.documents.items() if open_ones is None or name in open_ones
        }
        touched = [uri for uri, place in watched.documents.items() if _is_in(told, *place)]
        touched += [
            uri for uri, name in watched.collections.items() if told and (name is None or name in told)
        ]
        list_changed = watched.list_changes and bool(told)
    notices = [event_to_notification(ResourceUpdated(uri), meta) for uri in touched]
    return [event_to_notification(ResourcesListChanged(), meta), *notices] if list_changed else notices


def _is_in(told: Mapping[str, Set[int] | None], number: int, collection: str) -> bool:
    if collection not in told:
        return False
    ids = told[collection]
    return ids is None or number in ids
