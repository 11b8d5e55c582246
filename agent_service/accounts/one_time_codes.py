"""Codes of a second factor: those of an app (TOTP, RFC 6238), and recovery codes for whoever lost it.

The secret lies encrypted in the database, bound to the person; of recovery codes there are hashes. Each code
is good once.
"""

import logging
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pyotp import random_base32
from pyotp.exceptions import OTPVerificationError
from pyotp.totp import TOTP

from agent_service.accounts.people import Connection
from agent_service.accounts.secrets import hash_of
from agent_service.errors import AgentServiceError, RequestRefusedError

logger = logging.getLogger("agent_service")

RECOVERY_CODES = 10
# 66 bits: their hashes cannot be tried through. Digits only, so that one keyboard serves for both kinds.
RECOVERY_DIGITS = 20
GROUP = 4
# Clocks of telephones may differ from ours by one step of 30 seconds.
STEPS_OF_DIFFERENCE = 1
MINUTES_TO_CONFIRM = 15
PREPARE = """
insert into second_factors (user_id, secret) values (%(user_id)s, %(secret)s)
on conflict (user_id) do update
set secret = excluded.secret, created_at = now(), last_step = null
where second_factors.confirmed_at is null
"""
PREPARED = """
select secret, last_step from second_factors
where user_id = %(user_id)s and confirmed_at is null
  and created_at > now() - make_interval(mins => %(minutes)s)
for update
"""
CONFIRMED = """
select secret, last_step from second_factors
where user_id = %(user_id)s and confirmed_at is not null
for update
"""
USE_RECOVERY_CODE = """
update recovery_codes set used_at = now() where user_id = %s and code_hash = %s and used_at is null
"""
LEFT = "select count(*) from recovery_codes where user_id = %s and used_at is null"


class Seal(Protocol):
    """Encrypts what is kept, each for its name; raises `AgentServiceError` for what another key encrypted."""

    def lock(self, name: str, secret: str) -> bytes:
        """The secret as it may lie in a database."""
        ...

    def unlock(self, name: str, kept: bytes) -> str:
        """The secret again."""
        ...


def seconds_now() -> float:
    """The seconds since 1970 by which codes of apps count."""
    return time.time()


def address_for_apps(secret: str, name: str, title: str) -> str:
    """The `otpauth://` address that an app takes; `title` is what the chat is called."""
    return TOTP(secret).provisioning_uri(name=name, issuer_name=title.replace(":", " "))


def in_groups(code: str) -> str:
    """A long code or secret as it is read: in groups of four."""
    return " ".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


async def has_second_factor(connection: Connection, user_id: str) -> bool:
    """Whether a person is asked for a code when they sign in."""
    found = await connection.execute(
        "select from second_factors where user_id = %s and confirmed_at is not null", (user_id,)
    )
    return await found.fetchone() is not None


async def recovery_codes_left(connection: Connection, user_id: str) -> int:
    """How many recovery codes are still good."""
    row = await (await connection.execute(LEFT, (user_id,))).fetchone()
    return 0 if row is None else row[0]


async def take_away(connection: Connection, user_id: str) -> bool:
    """Switch a person's second factor off, its recovery codes with it; whether there was one."""
    had = await has_second_factor(connection, user_id)
    await connection.execute("delete from second_factors where user_id = %s", (user_id,))
    return had


@dataclass(frozen=True)
class OneTimeCodes:
    """Makes secrets and recovery codes, and uses codes up, in transactions of the caller."""

    seal: Seal

    async def prepare(self, connection: Connection, user_id: str) -> str:
        """A new secret, which counts when it is confirmed. Raises `RequestRefusedError` when one is on."""
        secret = random_base32()
        values = {"user_id": user_id, "secret": self.seal.lock(_name_of(user_id), secret)}
        done = await connection.execute(PREPARE, values)
        if not done.rowcount:
            raise RequestRefusedError("accounts.has_second_factor", status=409, code="has_second_factor")
        return secret

    async def confirm(self, connection: Connection, user_id: str, code: str) -> Sequence[str]:
        """Switch it on by its first code; the recovery codes. Raises `RequestRefusedError`."""
        values = {"user_id": user_id, "minutes": MINUTES_TO_CONFIRM}
        row = await (await connection.execute(PREPARED, values)).fetchone()
        if row is None:
            raise RequestRefusedError("accounts.no_secret", status=409, code="no_secret")
        step = self._step(user_id, bytes(row[0]), _digits(code), row[1])
        if step is None:
            raise RequestRefusedError("accounts.wrong_code", code="wrong_code")
        await connection.execute(
            "update second_factors set confirmed_at = now(), last_step = %s where user_id = %s",
            (step, user_id),
        )
        return await self.new_recovery_codes(connection, user_id)

    async def use(self, connection: Connection, user_id: str, code: str) -> bool:
        """Use a code up, of the app or a recovery code; whether it was good. Raises `RequestRefusedError`."""
        row = await (await connection.execute(CONFIRMED, {"user_id": user_id})).fetchone()
        if row is None:
            return False
        digits = _digits(code)
        if len(digits) == RECOVERY_DIGITS:
            return (await connection.execute(USE_RECOVERY_CODE, (user_id, hash_of(digits)))).rowcount > 0
        step = self._step(user_id, bytes(row[0]), digits, row[1])
        if step is None:
            return False
        await connection.execute(
            "update second_factors set last_step = %s where user_id = %s", (step, user_id)
        )
        return True

    async def new_recovery_codes(self, connection: Connection, user_id: str) -> Sequence[str]:
        """Ten new ones, to be shown now only; those of before are good no more."""
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        await connection.execute("delete from recovery_codes where user_id = %s", (user_id,))
        async with connection.cursor() as cursor:
            await cursor.executemany(
                "insert into recovery_codes (user_id, code_hash) values (%s, %s)",
                [(user_id, hash_of(code)) for code in codes],
            )
        await connection.execute(
            "update second_factors set codes_made_at = now() where user_id = %s", (user_id,)
        )
        return [in_groups(code) for code in codes]

    def _step(self, user_id: str, kept: bytes, digits: str, last: int | None) -> int | None:
        """The time step of a code, which must be later than the last one that was used."""
        try:
            totp = TOTP(self.seal.unlock(_name_of(user_id), kept))
        except AgentServiceError as error:
            logger.error("Codes of %s cannot be checked: %s", user_id, error)
            raise RequestRefusedError(
                "accounts.code_unreadable", status=503, code="code_unreadable"
            ) from None
        try:
            step = totp.verify_and_get_timecode(
                digits, for_time=seconds_now(), valid_window=STEPS_OF_DIFFERENCE
            )
        except OTPVerificationError:
            return None
        return step if last is None or step > last else None


def _recovery_code() -> str:
    return f"{secrets.randbelow(10**RECOVERY_DIGITS):0{RECOVERY_DIGITS}}"


def _name_of(user_id: str) -> str:
    """The name that the secret is encrypted for: in another person's row it cannot be read."""
    return f"second factor of {user_id}"


def _digits(typed: str) -> str:
    """A code as it is compared: without the blanks between its groups; empty for what is none."""
    digits = re.sub(r"[\s-]", "", typed)
    return digits if digits.isascii() and digits.isdigit() else ""
