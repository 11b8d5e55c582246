"""The commands of `owflex group` and `owflex collection`: their arguments; each loads what it needs."""

from typing import Annotated, Literal

import typer

from owflex.configuration.program_settings import check_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]
GroupName = Annotated[str, typer.Argument(metavar="NAME", help="What the group is called.")]
CollectionName = Annotated[str, typer.Argument(metavar="COLLECTION", help="What the collection is called.")]
OfGroup = Annotated[str | None, typer.Option("--group", help="The people of this group.")]
OfUser = Annotated[str | None, typer.Option("--user", help="One person, such as account:ann.")]
OfEveryone = Annotated[bool, typer.Option("--everyone", help="Everyone who gets in.")]

groups = typer.Typer(
    help="Groups of people, to whom rights on collections are granted.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
collections = typer.Typer(
    help="Who may read collections, add to them and manage them: [bold]owflex collection rights[/bold].",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@groups.command("add")
def add_group(
    name: GroupName,
    people: Annotated[
        list[str] | None, typer.Argument(help="Who is in it, as the login names them: account:ann.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a group, or put more people into one."""
    check_settings("knowledge_base")
    from owflex.rights_work import change_group

    raise typer.Exit(change_group(name, people or (), (), make=True, as_json=as_json))


@groups.command("list")
def list_groups(as_json: AsJson = False) -> None:
    """Show all groups with the people in them."""
    check_settings("knowledge_base")
    from owflex.rights_work import show_groups

    raise typer.Exit(show_groups(as_json=as_json))


@groups.command("members")
def members(
    name: GroupName,
    add: Annotated[list[str] | None, typer.Option(help="Put this person into it. Repeatable.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="Take this person out of it. Repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show who is in a group, or change it. Whom a login puts into it comes back with the next one."""
    check_settings("knowledge_base")
    from owflex.rights_work import change_group

    raise typer.Exit(change_group(name, add or (), remove or (), make=False, as_json=as_json))


@groups.command("delete")
def delete_group(name: GroupName, as_json: AsJson = False) -> None:
    """Remove a group, and the rights that it has."""
    check_settings("knowledge_base")
    from owflex.rights_work import remove_group

    raise typer.Exit(remove_group(name, as_json=as_json))


@collections.command("rights")
def rights(
    collection: Annotated[str | None, typer.Argument(metavar="COLLECTION", help="Only this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the collections, how much they hold, and who may do what in them."""
    check_settings("knowledge_base")
    from owflex.rights_work import show_rights

    raise typer.Exit(show_rights(collection, as_json=as_json))


@collections.command("grant")
def grant(
    collection: CollectionName,
    right: Annotated[
        Literal["read", "add", "manage"],
        typer.Argument(
            metavar="read|add|manage",
            help="read; add: documents, too; manage: also remove what others have added.",
        ),
    ],
    group: OfGroup = None,
    user: OfUser = None,
    everyone: OfEveryone = False,
    make: Annotated[
        bool, typer.Option("--make", help="Make the collection where there is none, open to nobody else.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let a group, a person or everyone do this in a collection, in place of what they could before."""
    check_settings("knowledge_base")
    from owflex.rights_work import Whom, grant_right

    whom = Whom(group, user, everyone)
    raise typer.Exit(grant_right(collection, right, whom, make=make, as_json=as_json))


@collections.command("revoke")
def revoke(
    collection: CollectionName,
    group: OfGroup = None,
    user: OfUser = None,
    everyone: OfEveryone = False,
    as_json: AsJson = False,
) -> None:
    """Take what was granted to a group, a person or everyone; it ends within the same moment."""
    check_settings("knowledge_base")
    from owflex.rights_work import Whom, revoke_right

    raise typer.Exit(revoke_right(collection, Whom(group, user, everyone), as_json=as_json))


@collections.command("default")
def default(
    everyone: Annotated[
        Literal["nobody", "read", "add"] | None,
        typer.Argument(metavar="nobody|read|add", help="What it shall be. Without: show what it is."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show or say what everyone may do in collections that come from now on."""
    check_settings("knowledge_base")
    from owflex.rights_work import change_default

    raise typer.Exit(change_default(everyone, as_json=as_json))


def add_to(app: typer.Typer) -> None:
    """Make both kinds of commands part of `owflex`."""
    app.add_typer(groups, name="group")
    app.add_typer(collections, name="collection")
