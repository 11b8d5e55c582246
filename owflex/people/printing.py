"""What the commands about accounts print."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from rich.table import Table

from agent_service.accounts.links import DAYS, Purpose, address_of_link
from agent_service.accounts.people import Person
from agent_service.accounts.sessions import BrowserSession
from agent_service.settings.settings import AgentServiceSettings
from database.settings import read_settings
from owflex.people.taking_over import TakenOver
from owflex.supervision.programs import chat_listener
from serving.terminal import Console, escape, escape_line, json_line

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def as_json(value: object) -> None:
    """Print it for programs."""
    console.print(json_line(value), markup=False, soft_wrap=True)


def facts_of(person: Person) -> dict[str, object]:
    """A person for programs."""
    return {name: _plain(value) for name, value in asdict(person).items()}


def link_address(token: str) -> str:
    """Where a one-time link leads."""
    settings = read_settings(AgentServiceSettings)
    return address_of_link(settings.agent_service_public_url or chat_listener(settings).url, token)


def show_link(token: str, purpose: Purpose) -> None:
    """A link to hand on; it is shown only now."""
    console.print(link_address(token), markup=False, soft_wrap=True)
    days = DAYS[purpose]
    errors.print(
        f"The link is shown only now. It is good for {days} day{'s' if days > 1 else ''} and for one use: "
        "whoever has it chooses the password.",
        soft_wrap=True,
    )
    if read_settings(AgentServiceSettings).agent_service_auth != "accounts":
        errors.print(
            "Nobody signs in yet: owflex config set AGENT_SERVICE_AUTH accounts, then start the chat again."
        )


def say_of(person: Person, what: str) -> None:
    """One sentence about a person."""
    console.print(f"{escape_line(person.user_id)} {what}", soft_wrap=True)


def show_people(people: Sequence[Person]) -> None:
    """A table of all."""
    if not people:
        console.print("Nobody has an account yet. Add somebody with: owflex user add NAME --admin")
        return
    table = Table("User", "Shown as", "Administrator", "State", "Second factor", "Last signed in")
    for person in people:
        row = (person.user_id, person.display_name, _yes(is_so=person.is_admin), _state(person))
        second = _yes(is_so=person.has_second_factor)
        table.add_row(*map(escape_line, row), second, _moment(person.signed_in_at))
    console.print(table)


def show_sessions(sessions: Sequence[BrowserSession]) -> None:
    """A table of where a person is signed in."""
    table = Table("ID", "Browser", "Address", "Since", "Last seen")
    for one in sessions:
        moments = (_moment(one.created_at), _moment(one.seen_at))
        table.add_row(str(one.id), escape_line(one.browser), escape_line(one.address), *moments)
    console.print(table if sessions else "Nowhere.")


def sessions_as_json(sessions: Sequence[BrowserSession]) -> list[dict[str, object]]:
    """The same for programs."""
    names = ("id", "browser", "address", "created_at", "seen_at", "expires_at")
    return [{name: _plain(getattr(one, name)) for name in names} for one in sessions]


def show_keys_and_clients(person: Person, clients: int, keys: int, *, are_refused: bool) -> None:
    """What becomes of what a person came in by beside signing in."""
    if not clients + keys:
        return
    done = "are refused from now on" if are_refused else "are good again"
    errors.print(
        f"Keys that were made for {escape_line(person.user_id)} ({keys}) and clients that they have let in "
        f"({clients}) {done}. To end them for good: owflex token revoke ID, owflex token disconnect ID",
        soft_wrap=True,
    )


def show_no_administrator() -> None:
    """What to do after the last administrator is gone."""
    errors.print(
        "Nobody is an administrator any more. Make somebody one: owflex user admin NAME", soft_wrap=True
    )


def show_taken(taken: TakenOver) -> None:
    """What became whose."""
    counts = [*taken.chat.items(), *taken.knowledge_base.items()]
    if not counts:
        errors.print("The user local has nothing that could be taken over.")
        return
    rows = ", ".join(f"{name} {count}" for name, count in counts)
    errors.print(escape(f"Now of {taken.user}: {rows}."), soft_wrap=True)


def _yes(*, is_so: bool) -> str:
    return "yes" if is_so else ""


def _state(person: Person) -> str:
    if person.disabled_at is not None:
        return "disabled"
    if person.name is None:
        return "signs in at the provider"
    return "may sign in" if person.has_password else "has no password yet"


def _moment(moment: datetime | None) -> str:
    return "never" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
