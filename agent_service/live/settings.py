"""The settings of the running chat: those of its start, and over them what administrators have changed."""

import logging
import os
from collections.abc import Callable, Mapping, Set
from typing import Any

from agent_service.errors import ModelChoiceError, RequestRefusedError
from agent_service.live.store import Change, Stored, read_stored, read_version, write_changes
from agent_service.live.vault import SecretUnreadableError, Vault
from agent_service.settings.run_time import (
    CHANGEABLE,
    REFERENCE,
    SECRETS,
    as_json,
    change_in_place,
    is_fixed,
    read_value,
    with_changes,
)
from agent_service.settings.settings import AgentServiceSettings
from database.acting import Acting
from database.pool import Pool

logger = logging.getLogger("agent_service")

# The server at an address, and the key for it.
ADDRESS, ITS_KEY = "openai_base_url", "openai_api_key"

# Told what has changed; raises `ModelChoiceError` when the settings name no model that can be used.
Follower = Callable[[Set[str]], None]


class LiveSettings:
    """Keeps the settings object of all parts of the service as the database says.

    `problems` says of a setting why what is stored cannot be used; then the default counts.
    """

    def __init__(self, settings: AgentServiceSettings, pool: Pool, vault: Vault) -> None:
        self.settings = settings
        self.pool = pool
        self.stored: dict[str, Stored] = {}
        self.problems: dict[str, str] = {}
        self.vault = vault
        self._version = 0
        self._no_model: str | None = None
        self._followers: list[Follower] = []
        self._fixed = frozenset(name for name in CHANGEABLE if is_fixed(settings, name))
        self._at_start = {name: getattr(settings, name) for name in CHANGEABLE}

    def follow(self, follower: Follower) -> None:
        """Have it told of every change from now on."""
        self._followers.append(follower)

    def is_fixed(self, name: str) -> bool:
        """Whether the environment sets it."""
        return name in self._fixed

    @property
    def changed(self) -> Set[str]:
        """The settings that are not as they were at the start."""
        return {name for name in CHANGEABLE if getattr(self.settings, name) != self._at_start[name]}

    async def refresh(self) -> None:
        """Take over what was changed since the last time, here or by another process.

        Raises what the database raises; then all stays as it was.
        """
        version = await read_version(self.pool)
        if version == self._version:
            return
        self.stored = await read_stored(self.pool)
        self._version = version
        self._take_over()

    def candidate(self, changes: Mapping[str, Any]) -> AgentServiceSettings:
        """The settings as they would be with these changes, as `checked` gives them."""
        plain = {
            name: self._at_start[name]
            if value is None
            else _resolved(name, value)
            if name in SECRETS
            else value
            for name, value in changes.items()
        }
        return with_changes(self.settings, plain)

    def checked(self, changes: Mapping[str, object]) -> dict[str, Any]:
        """The changes as they would be stored, and what goes with them; None goes back to the default.

        A key belongs to the address it was entered for: another address forgets it. Raises
        `RequestRefusedError` for a setting that is none, that the environment sets, or with a wrong value.
        """
        given = {name: self._checked(name, value) for name, value in changes.items()}
        # What is the default already has nothing to go back to.
        read = {name: value for name, value in given.items() if value is not None or name in self.stored}
        if ADDRESS in read and ITS_KEY not in read and read[ADDRESS] != getattr(self.settings, ADDRESS):
            if ITS_KEY in self._fixed:
                raise RequestRefusedError("admin.key_is_fixed", status=409, code="fixed")
            if ITS_KEY in self.stored:
                read[ITS_KEY] = None
        return read

    async def change(self, checked: Mapping[str, Any], who: Acting) -> None:
        """Store what `checked` gave, and take it over. Raises what the database raises."""
        await write_changes(self.pool, {name: self._change(name, checked[name]) for name in checked}, who)
        await self.refresh()

    def _checked(self, name: str, value: object) -> Any:
        if name not in CHANGEABLE:
            raise RequestRefusedError("admin.no_setting", status=422, name=name[:60])
        if name in self._fixed:
            raise RequestRefusedError("admin.fixed", status=409, code="fixed", name=name.upper())
        try:
            found = None if value is None else read_value(name, value)
            return _resolved(name, found) and found if name in SECRETS else found
        except ValueError as error:
            raise RequestRefusedError(
                "admin.wrong_value", status=422, name=name.upper(), reason=str(error)
            ) from None

    def _change(self, name: str, value: Any) -> Change:
        if value is None:
            return Change()
        if name not in SECRETS:
            found = as_json(name, value)
            return Change(found, told=found)
        if REFERENCE.fullmatch(value):
            return Change(value, told=value)
        return Change(secret=self.vault.lock(name, value))

    def _take_over(self) -> None:
        self.problems = {}
        if self._no_model is not None:
            self.problems["model_name"] = self._no_model
        values = self._at_start | {
            name: value for name in self.stored if (value := self._value_of(self.stored[name])) is not None
        }
        changed = change_in_place(self.settings, values)
        if not changed:
            return
        logger.info("Changed while running: %s", ", ".join(sorted(changed)))
        try:
            for follower in self._followers:
                follower(changed)
            self._no_model = None
            self.problems.pop("model_name", None)
        except ModelChoiceError as error:
            self._no_model = str(error)
            self._note("model_name", self._no_model)

    def _value_of(self, stored: Stored) -> Any:
        """The stored value; None, and a problem, where it cannot be used."""
        name = stored.name
        if name not in CHANGEABLE or name in self._fixed:
            return None
        try:
            if stored.secret is not None:
                return self.vault.unlock(name, stored.secret)
            value = read_value(name, stored.value)
            return _resolved(name, value) if name in SECRETS else value
        except (ValueError, SecretUnreadableError) as error:
            self._note(name, str(error))
            return None

    def _note(self, name: str, problem: str) -> None:
        self.problems[name] = problem
        logger.error("The changed setting %s does not count: %s", name.upper(), problem)


def _resolved(name: str, value: str | None) -> str | None:
    """A key itself, where a variable of the environment holds it. Raises `ValueError`."""
    found = REFERENCE.fullmatch(value or "")
    if found is None:
        return value
    secret = os.environ.get(found[1], "").strip()
    if not secret:
        raise ValueError(f"The variable {found[1]} is not set in the environment of the chat.")
    return secret
