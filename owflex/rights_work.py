"""What `owflex group` and `owflex collection` do: groups, who is in them, and rights on collections."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from knowledge_base import groups, rights
from knowledge_base.collection_list import Right
from knowledge_base.errors import GroupNotFoundError
from knowledge_base.groups import Group
from knowledge_base.rights import CollectionRights, Subject, Usual
from owflex.in_knowledge_base import Connection, in_knowledge_base
from serving.terminal import Console, escape, escape_line, json_line

BAD_OPTION = 2

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Whom:
    """The options that say to whom a right is granted."""

    group: str | None
    user: str | None
    everyone: bool

    @property
    def subject(self) -> Subject | None:
        """To whom; None where not exactly one of the options was given."""
        given = [
            *([Subject("group", self.group)] if self.group is not None else []),
            *([Subject("user", self.user)] if self.user is not None else []),
            *([Subject("everyone")] if self.everyone else []),
        ]
        return given[0] if len(given) == 1 else None


def show_groups(*, as_json: bool) -> int:
    """Show all groups; the exit code."""
    return in_knowledge_base(groups.list_groups, lambda found: _show_groups(found, as_json=as_json))


def change_group(name: str, add: Sequence[str], remove: Sequence[str], *, make: bool, as_json: bool) -> int:
    """Put people into a group and take others out of it, then show it; the exit code."""

    async def change(connection: Connection) -> Group:
        if not make:
            await groups.check_group(connection, name)
        if make or add:
            await groups.add_members(connection, name, add)
        if remove:
            await groups.remove_members(connection, name, remove)
        for group in await groups.list_groups(connection):
            if group.name == name:
                return group
        raise GroupNotFoundError(name)

    return in_knowledge_base(change, lambda group: _show_group(group, as_json=as_json))


def remove_group(name: str, *, as_json: bool) -> int:
    """Remove a group with its rights; the exit code."""

    def show(_: None) -> None:
        if as_json:
            _print_json({"deleted": name})
        else:
            console.print(f"The group {escape_line(name)} is removed, and with it its rights.")

    return in_knowledge_base(lambda connection: groups.delete_group(connection, name), show)


def show_rights(collection: str | None, *, as_json: bool) -> int:
    """Show the rights in all collections or in one; the exit code."""

    async def read(connection: Connection) -> tuple[Usual, list[CollectionRights]]:
        usual = await rights.usual_right(connection)
        return usual, await rights.list_rights(connection, collection=collection)

    return in_knowledge_base(read, lambda found: _show_rights(*found, as_json=as_json))


def grant_right(collection: str, right: Right, whom: Whom, *, make: bool, as_json: bool) -> int:
    """Grant a right and show the collection's; the exit code."""
    subject = whom.subject
    if subject is None:
        return _say_whom()

    async def change(connection: Connection) -> list[CollectionRights]:
        await rights.grant(connection, collection, subject, right, make=make)
        return await rights.list_rights(connection, collection=collection)

    return in_knowledge_base(change, lambda found: _show_one(found, as_json=as_json))


def revoke_right(collection: str, whom: Whom, *, as_json: bool) -> int:
    """Take a right and show the collection's; the exit code."""
    subject = whom.subject
    if subject is None:
        return _say_whom()

    async def change(connection: Connection) -> list[CollectionRights]:
        await rights.revoke(connection, collection, subject)
        return await rights.list_rights(connection, collection=collection)

    return in_knowledge_base(change, lambda found: _show_one(found, as_json=as_json))


def change_default(everyone: Usual | None, *, as_json: bool) -> int:
    """Show the default of new collections, or change it first; the exit code."""

    async def change(connection: Connection) -> Usual:
        if everyone is not None:
            await rights.set_usual_right(connection, everyone)
        return await rights.usual_right(connection)

    def show(usual: Usual) -> None:
        if as_json:
            _print_json({"everyone": usual})
        else:
            console.print(f"In a new collection everyone may: {_in_words(usual)}.")

    return in_knowledge_base(change, show)


def _say_whom() -> int:
    errors.print("Say to whom: exactly one of --group NAME, --user NAME and --everyone.", markup=False)
    return BAD_OPTION


def _show_groups(found: Sequence[Group], *, as_json: bool) -> None:
    if as_json:
        _print_json([vars(group) for group in found])
        return
    if not found:
        console.print("There is no group yet. Make one with: owflex group add NAME PERSON…")
        return
    table = Table("Group", "People", "By their login")
    for group in found:
        row = (group.name, ", ".join(group.members), ", ".join(group.members_by_claim))
        table.add_row(*map(escape, row))
    console.print(table)


def _show_group(group: Group, *, as_json: bool) -> None:
    if as_json:
        _print_json(vars(group))
        return
    people = [*group.members, *(f"{name} (by their login)" for name in group.members_by_claim)]
    in_it = escape_line(", ".join(people)) or "nobody"
    console.print(f"In the group {escape_line(group.name)}: {in_it}.", soft_wrap=True)


def _show_one(found: Sequence[CollectionRights], *, as_json: bool) -> None:
    if as_json:
        _print_json([_as_json(one) for one in found])
    else:
        _print_table(found)


def _show_rights(usual: Usual, found: Sequence[CollectionRights], *, as_json: bool) -> None:
    if as_json:
        _print_json({"default": usual, "collections": [_as_json(one) for one in found]})
        return
    if not found:
        console.print("There is no collection yet. Add documents with: owflex ingest PATH")
    else:
        _print_table(found)
    console.print(f"In a new collection everyone may: {_in_words(usual)}.")


def _print_table(found: Sequence[CollectionRights]) -> None:
    table = Table("Collection", "Documents", "Passages", "Who may what")
    for one in found:
        granted = ", ".join(f"{grant.subject}: {grant.right}" for grant in one.grants) or "nobody"
        who = granted if one.owner is None else f"only {one.owner}, whose own it is"
        table.add_row(escape(one.name), str(one.documents), str(one.chunks), escape(who))
    console.print(table)


def _in_words(usual: Usual) -> str:
    return {"nobody": "nothing", "read": "read", "add": "read and add"}[usual]


def _as_json(one: CollectionRights) -> dict[str, object]:
    return {
        "collection": one.name,
        "owner": one.owner,
        "documents": one.documents,
        "chunks": one.chunks,
        "changed_at": None if one.changed_at is None else one.changed_at.isoformat(),
        "grants": [
            {"kind": grant.subject.kind, "name": grant.subject.name, "right": grant.right}
            for grant in one.grants
        ],
    }


def _print_json(value: object) -> None:
    console.print(json_line(value), markup=False, soft_wrap=True)
