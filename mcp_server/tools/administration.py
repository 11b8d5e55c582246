"""Tools for an administrator's own requests: people, groups, rights, keys, and how ingestion stands.

They are listed for tokens with the scope `admin` only, which the chat signs for its administration page. What
is in the documents stays closed to them.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, TypeAdapter

from database.pool import Pool
from knowledge_base import api_keys, groups, rights
from knowledge_base.access import Connection, acting_for
from knowledge_base.collection_list import Right
from knowledge_base.ingestion_state import OriginState, UploadState, origins_of_all, uploads_of_all
from mcp_server.auth.callers import current_caller
from mcp_server.calls.arguments import MAX_ID

GroupName = Annotated[str, Field(min_length=1, max_length=groups.MAX_NAME_CHARACTERS)]
UserId = Annotated[
    str, Field(min_length=1, max_length=groups.MAX_USER_CHARACTERS, description="As the login names them.")
]
Collection = Annotated[str, Field(min_length=1, max_length=100)]
Kind = Annotated[rights.SubjectKind, Field(description="Whom: everyone, a group, or one person.")]
SubjectName = Annotated[
    str, Field(max_length=groups.MAX_USER_CHARACTERS, description="The group or person; none for everyone.")
]


class GroupEntry(BaseModel):
    """A group of people."""

    name: str
    members: list[str] = Field(description="Whom an administrator has put into it.")
    members_by_claim: list[str] = Field(description="Whose last login has named it.")


class GroupList(BaseModel):
    """Answer of `list_groups`."""

    groups: list[GroupEntry]


class GroupsOfPerson(BaseModel):
    """Answer of `sync_groups`."""

    user_id: str
    groups: list[str] = Field(description="Those of the claim that could be kept.")


class GrantEntry(BaseModel):
    """A right, and who has it."""

    kind: rights.SubjectKind
    name: str = Field(description="The group or person; empty for everyone.")
    right: Right


class RightsEntry(BaseModel):
    """A collection with what was granted in it."""

    collection: str
    owner: str | None = Field(description="Whose own one it is; its rights cannot be changed.")
    documents: int
    chunks: int
    changed_at: datetime | None
    grants: list[GrantEntry]


class RightsList(BaseModel):
    """Answer of `list_rights`."""

    default: rights.Usual = Field(description="What everyone may do in a new collection.")
    collections: list[RightsEntry]


class KeyEntry(BaseModel):
    """A key of a client, without its secret."""

    key_id: int
    name: str
    user_id: str
    scopes: list[str]
    collections: list[str] | None = Field(description="null: all that its user has a right to.")
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    is_shut_out: bool = Field(description="Its user may not come in: it is refused, until they may.")


class KeyList(BaseModel):
    """Answer of `list_api_keys`."""

    keys: list[KeyEntry]


class IngestionState(BaseModel):
    """Answer of `list_ingestion`."""

    uploads: list[UploadState]
    origins: list[OriginState]


class Done(BaseModel):
    """What was changed, in a sentence."""

    message: str


KEYS = TypeAdapter(list[KeyEntry])


@dataclass(frozen=True)
class AdministrationTools:
    """The tools of administrators over one knowledge base."""

    pool: Pool

    async def list_groups(self) -> GroupList:
        """List the groups with the people in them."""
        async with self._administering() as connection:
            found = await groups.list_groups(connection)
        return GroupList(groups=[GroupEntry.model_validate(asdict(group)) for group in found])

    async def set_group(
        self, name: GroupName, members: Annotated[list[UserId], Field(max_length=10_000)]
    ) -> GroupEntry:
        """Make a group, or give it other members; those by the claim of their login stay."""
        async with self._administering() as connection:
            await groups.set_members(connection, name, members)
            found = await groups.list_groups(connection)
        return next(GroupEntry.model_validate(asdict(group)) for group in found if group.name == name)

    async def delete_group(self, name: GroupName) -> Done:
        """Remove a group, and the rights that it has."""
        async with self._administering() as connection:
            await groups.delete_group(connection, name)
        return Done(message=f'The group "{name}" is removed, and with it its rights.')

    async def sync_groups(
        self,
        user_id: UserId,
        names: Annotated[list[str], Field(max_length=10_000, description="The groups of the claim.")],
    ) -> GroupsOfPerson:
        """Let a person be in the groups that their login has named; for the chat, when somebody signs in."""
        async with self._administering() as connection:
            kept = await groups.sync_groups(connection, user_id, names)
        return GroupsOfPerson(user_id=user_id, groups=kept)

    async def list_rights(self, collection: Collection | None = None) -> RightsList:
        """List the collections with their sizes, and who may do what in them."""
        async with self._administering() as connection:
            found = await rights.list_rights(connection, collection=collection)
            usual = await rights.usual_right(connection)
        return RightsList(default=usual, collections=[_rights_entry(one) for one in found])

    async def grant_right(
        self,
        collection: Collection,
        kind: Kind,
        right: Right,
        name: SubjectName = "",
        make: Annotated[bool, Field(description="Make the collection where there is none.")] = False,
    ) -> RightsEntry:
        """Let somebody read a collection, add to it or manage it, in place of what they could before."""
        async with self._administering() as connection:
            await rights.grant(connection, collection, _subject(kind, name), right, make=make)
            [found] = await rights.list_rights(connection, collection=collection)
        return _rights_entry(found)

    async def revoke_right(self, collection: Collection, kind: Kind, name: SubjectName = "") -> RightsEntry:
        """Take from somebody what was granted to them in a collection."""
        async with self._administering() as connection:
            await rights.revoke(connection, collection, _subject(kind, name))
            [found] = await rights.list_rights(connection, collection=collection)
        return _rights_entry(found)

    async def set_default_right(self, everyone: rights.Usual) -> Done:
        """Say what everyone may do in collections that come from now on."""
        async with self._administering() as connection:
            await rights.set_usual_right(connection, everyone)
        return Done(message=f"In new collections the default for everyone is: {everyone}.")

    async def list_api_keys(self) -> KeyList:
        """List the keys of clients, without their secrets."""
        async with self._administering() as connection:
            found = await api_keys.list_api_keys(connection)
        return KeyList(keys=KEYS.validate_python(map(asdict, found)))

    async def revoke_api_key(self, key_id: Annotated[int, Field(ge=1, le=MAX_ID)]) -> Done:
        """Let a key open nothing any more."""
        async with self._administering() as connection:
            await api_keys.revoke_api_key(connection, key_id)
        return Done(message=f"The key {key_id} no longer opens anything.")

    async def list_ingestion(
        self, limit: Annotated[int, Field(ge=1, le=1000, description="Most uploads to return.")] = 100
    ) -> IngestionState:
        """List what was handed in, first what is not over, and the folders and pages that are synced."""
        async with self._administering() as connection:
            uploads = await uploads_of_all(connection, limit)
            origins = await origins_of_all(connection)
        return IngestionState(uploads=list(uploads), origins=list(origins))

    @asynccontextmanager
    async def _administering(self) -> AsyncGenerator[Connection]:
        caller = current_caller(None)
        async with acting_for(self.pool, caller.administering) as connection:
            yield connection


def _subject(kind: rights.SubjectKind, name: str) -> rights.Subject:
    return rights.Subject(kind, "" if kind == "everyone" else name)


def _rights_entry(found: rights.CollectionRights) -> RightsEntry:
    return RightsEntry(
        collection=found.name,
        owner=found.owner,
        documents=found.documents,
        chunks=found.chunks,
        changed_at=found.changed_at,
        grants=[
            GrantEntry(kind=one.subject.kind, name=one.subject.name, right=one.right) for one in found.grants
        ],
    )
