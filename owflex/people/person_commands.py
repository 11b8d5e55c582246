"""What the commands of `owflex user` about accounts do."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict

from agent_service.accounts.administering import link_to_password
from agent_service.accounts.links import Purpose, make_link
from agent_service.accounts.one_time_codes import take_away
from agent_service.accounts.passwords import check_password, hashed
from agent_service.accounts.people import (
    Connection,
    NewPerson,
    Person,
    add_person,
    find_named,
    has_active_administrator,
    list_people,
    name_of,
    set_admin,
    set_disabled,
    set_password,
)
from agent_service.accounts.sessions import BrowserSession, Lifetimes, end_all, list_sessions
from agent_service.errors import RequestRefusedError
from agent_service.settings.settings import AgentServiceSettings
from database.settings import read_settings
from owflex.in_chat import in_chat, run_on_installation
from owflex.keeping.places import Installation
from owflex.keeping.transfer_command import make_tables
from owflex.people import printing
from owflex.people.clients import set_shut_out
from owflex.people.errors import PersonError
from owflex.people.taking_over import TakenOver, take_over_local

# What to do about a refusal, by its code.
HINTS = {
    "person_disabled": "First: owflex user enable {name}",
    "has_password": "To a new one: owflex user reset {name}",
}


def run_add(new: NewPerson, password: str | None, *, takes_over: bool, as_json: bool) -> int:
    """Add a person, with this password or with a link to one; the exit code."""

    async def added(connection: Connection) -> tuple[Person, str | None]:
        if password is not None:
            check_password(password, name_of(new.name))
        person = await add_person(connection, new)
        if password is None:
            return person, await make_link(connection, "invitation", person.user_id)
        await set_password(connection, person.user_id, hashed(password))
        return person, None

    def run(installation: Installation) -> None:
        person, token = in_chat(installation, added)
        taken = _taken(installation, person) if takes_over else None
        if as_json:
            link = None if token is None else printing.link_address(token)
            more = {} if taken is None else {"taken_over": asdict(taken)}
            printing.as_json(printing.facts_of(person) | {"link": link} | more)
            return
        if token is None:
            printing.say_of(person, "may sign in now.")
        else:
            printing.show_link(token, "invitation")
        if taken is not None:
            printing.show_taken(taken)

    return _run(run)


def run_list(*, as_json: bool) -> int:
    """Show all people; the exit code."""

    def run(installation: Installation) -> None:
        people = in_chat(installation, list_people)
        if as_json:
            printing.as_json([printing.facts_of(person) for person in people])
        else:
            printing.show_people(people)

    return _run(run)


def run_link(name: str, purpose: Purpose, *, as_json: bool) -> int:
    """Print a link to a first password, or to a new one after the old one has ended; the exit code."""

    async def made(connection: Connection) -> tuple[Person, str]:
        person = await _known(connection, name)
        try:
            return person, await link_to_password(connection, person, purpose)
        except RequestRefusedError as error:
            hint = HINTS.get(error.code, "").format(name=person.name)
            raise PersonError(f"{error} {hint}".rstrip()) from None

    def run(installation: Installation) -> None:
        person, token = in_chat(installation, made)
        if as_json:
            printing.as_json({"user_id": person.user_id, "link": printing.link_address(token)})
        else:
            printing.show_link(token, purpose)

    return _run(run)


def run_no_second_factor(name: str) -> int:
    """Let a person sign in by the password alone again; the exit code."""

    async def change(connection: Connection) -> Person:
        person = await _known(connection, name)
        if not await take_away(connection, person.user_id):
            raise PersonError(f"{person.user_id} has no second factor. Who has one: owflex user list")
        return person

    return _run(lambda found: printing.say_of(in_chat(found, change), "signs in by the password alone now."))


def run_disable(name: str, *, disabled: bool) -> int:
    """Shut a person out, or let them in again; the exit code."""

    async def change(connection: Connection) -> tuple[Person, bool]:
        person = await _known(connection, name)
        await set_disabled(connection, person.user_id, disabled=disabled)
        return person, disabled and await _is_last(connection, person)

    done = "is signed out everywhere and cannot sign in any more" if disabled else "may sign in again"

    def run(installation: Installation) -> None:
        person, is_last = in_chat(installation, change)
        printing.say_of(person, f"{done}.")
        counts = set_shut_out(installation, person.user_id, is_out=disabled)
        printing.show_keys_and_clients(person, *counts, are_refused=disabled)
        if is_last:
            printing.show_no_administrator()

    return _run(run)


def run_admin(name: str, *, is_admin: bool) -> int:
    """Make a person an administrator, or no longer; the exit code."""

    async def change(connection: Connection) -> tuple[Person, bool]:
        person = await _known(connection, name)
        await set_admin(connection, person.user_id, is_admin=is_admin)
        return person, not is_admin and await _is_last(connection, person)

    done = "is an administrator now" if is_admin else "is no administrator any more"

    def run(installation: Installation) -> None:
        person, is_last = in_chat(installation, change)
        printing.say_of(person, f"{done}.")
        if is_last:
            printing.show_no_administrator()

    return _run(run)


def run_sessions(name: str, *, end: bool, as_json: bool) -> int:
    """Show a person's sessions, or end them; the exit code."""
    idle = Lifetimes.of(read_settings(AgentServiceSettings)).idle

    async def looked(connection: Connection) -> Sequence[BrowserSession]:
        person = await _known(connection, name)
        found = await list_sessions(connection, person.user_id, idle)
        if end:
            await end_all(connection, person.user_id)
        return found

    def run(installation: Installation) -> None:
        found = in_chat(installation, looked)
        if as_json:
            printing.as_json(printing.sessions_as_json(found))
            return
        printing.show_sessions(found)
        if end:
            printing.errors.print("These sessions have ended.")

    return _run(run)


def run_take_over(name: str, *, as_json: bool) -> int:
    """Give a person what the user local has; the exit code."""

    def run(installation: Installation) -> None:
        taken = _taken(installation, in_chat(installation, lambda connection: _known(connection, name)))
        if as_json:
            printing.as_json(asdict(taken))
        else:
            printing.show_taken(taken)

    return _run(run)


def _taken(installation: Installation, person: Person) -> TakenOver:
    asyncio.run(make_tables(installation))
    return take_over_local(installation, person.user_id)


def _run(work: Callable[[Installation], None]) -> int:
    return run_on_installation(work, PersonError)


async def _is_last(connection: Connection, person: Person) -> bool:
    """Whether the person, as they were before, was the last active administrator."""
    return person.is_admin and not await has_active_administrator(connection)


async def _known(connection: Connection, name: str) -> Person:
    person = await find_named(connection, name)
    if person is None:
        raise PersonError(f"Nobody here is called {name}. Who there is: owflex user list")
    return person
