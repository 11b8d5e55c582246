"""The second factor of accounts: setting it up, signing in with codes, and losing it."""

import logging
import re
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx2
import pytest
from agents.testing import ScriptedModel
from pydantic import SecretStr
from pyotp.totp import TOTP

from agent_service.accounts import one_time_codes, passwords
from agent_service.accounts.attempts import MAX_OF_ACCOUNT
from agent_service.accounts.forgetting import forget_old
from agent_service.accounts.one_time_codes import OneTimeCodes
from agent_service.accounts.people import forget_password, set_admin, set_disabled
from agent_service.accounts.second_step import owes_second_factor
from agent_service.accounts.sessions import Lifetimes
from agent_service.errors import RequestRefusedError
from agent_service.live.vault import Vault
from database.pool import Pool, fetch
from tests.agent_service.accounts_service import (
    LIGHT,
    LIST,
    OTHER,
    PASSWORD,
    Browser,
    Service,
    accounts_app,
    settings_of,
)
from tests.agent_service.conftest import Serve

START = 1_800_000_000.0
STEP = 30.0


class Clock:
    """The time by which codes count, as a test sets it."""

    def __init__(self) -> None:
        self.seconds = START

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands until it is put forward, and hashes that cost nothing."""
    monkeypatch.setattr(passwords, "HASHER", LIGHT)
    passwords._decoy.cache_clear()  # pyright: ignore[reportPrivateUsage]
    clock = Clock()
    monkeypatch.setattr(one_time_codes, "seconds_now", clock)
    return clock


@pytest.fixture
async def service(pool: Pool, serve: Serve, clock: Clock) -> AsyncGenerator[Service]:
    """A chat with accounts, and ann in it."""
    assert clock
    clients: list[httpx2.AsyncClient] = []
    async with serve(accounts_app(pool, ScriptedModel([]))) as url:
        service = Service(url, pool, clients)
        await service.add()
        yield service
        for client in clients:
            await client.aclose()


class Phone:
    """An app with ann's secret."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._totp = TOTP(secret.replace(" ", ""))
        self._clock = clock

    def code(self, steps: int = 0) -> str:
        """What it shows now, or by a clock that differs by so many steps."""
        return self._totp.at(self._clock.seconds + steps * STEP)


async def switched_on(browser: Browser, clock: Clock) -> tuple[Phone, list[str]]:
    """Sign ann in and switch it on: her phone, and the recovery codes; then the next code is shown."""
    await browser.sign_in()
    prepared = (await browser.post("/account/second-factor", {"password": PASSWORD})).json()
    phone = Phone(prepared["secret"], clock)
    done = await browser.post("/account/second-factor/confirm", {"code": phone.code()})
    assert done.status_code == 200, done.text
    clock.seconds += STEP
    return phone, done.json()["recovery_codes"]


async def send_code(browser: Browser, code: str) -> tuple[int, str | None]:
    """The status of the second step, and why it was refused."""
    answer = await browser.post("/sign-in/code", {"code": code})
    return answer.status_code, answer.json().get("error", {}).get("code")


async def test_it_is_set_up_with_the_password_and_a_first_code(service: Service, clock: Clock) -> None:
    browser, other = service.browser(), service.browser()
    await browser.sign_in()
    await other.sign_in()
    refused = await browser.post("/account/second-factor", {"password": OTHER})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "wrong_password")
    none = await browser.post("/account/second-factor/confirm", {"code": "123456"})
    assert (none.status_code, none.json()["error"]["code"]) == (409, "no_secret")
    prepared = (await browser.post("/account/second-factor", {"password": PASSWORD})).json()
    assert re.fullmatch(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", prepared["secret"])
    address = urlsplit(str(prepared["address"]))
    assert (address.scheme, address.netloc, address.path) == ("otpauth", "totp", "/OwFlex:ann")
    assert parse_qs(address.query)["secret"] == [prepared["secret"].replace(" ", "")]
    # Until it is confirmed the password is enough.
    assert (await service.browser().sign_in()).json() == {"user": "account:ann"}
    phone = Phone(prepared["secret"], clock)
    wrong = await browser.post("/account/second-factor/confirm", {"code": phone.code(5)})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "wrong_code")
    done = await browser.post("/account/second-factor/confirm", {"code": phone.code()})
    codes = done.json()["recovery_codes"]
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"(?:\d{4} ){4}\d{4}", code) for code in codes)
    assert (await browser.is_in(), await other.is_in()) == (True, False)
    me = await browser.http.get("/account/me")
    assert (me.json()["has_second_factor"], me.json()["recovery_codes_left"]) == (True, 10)
    assert "secret" not in me.text
    again = await browser.post("/account/second-factor", {"password": PASSWORD})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "has_second_factor")


async def test_whom_it_is_demanded_of_sets_it_up_before_anything_else(
    pool: Pool, serve: Serve, clock: Clock
) -> None:
    app = accounts_app(pool, ScriptedModel([]), agent_service_second_factor="administrators", mcp_oauth=True)
    async with serve(app) as url:
        service = Service(url, pool, [])
        for name in ("root", "ann"):
            await service.add(name)
        async with pool.connection() as connection:
            await set_admin(connection, "account:root", is_admin=True)
        ann, root = service.browser(), service.browser()
        assert (await ann.sign_in("ann")).status_code == 200
        assert await ann.is_in()
        assert not (await ann.http.get("/account/me")).json()["owes_second_factor"]
        assert (await root.sign_in("root")).json() == {"user": "account:root"}
        for path in ("/", "/connect?request=x", "/connections", "/sign-in?next=connections"):
            answer = await root.http.get(path, headers={"accept": "text/html"})
            place = "account" if not path.startswith("/sign-in") else "connections"
            assert (answer.status_code, answer.headers["location"]) == (303, place)
        for path in ("/chatkit", "/admin/people", "/knowledge/uploads", "/v1/chat/completions", "/account"):
            answer = await root.post(path, LIST)
            expected = 403 if path != "/account" else 405
            assert answer.status_code == expected
            if expected == 403:
                assert answer.json()["error"]["code"] == "second_factor_required"
        page = await root.http.get("/account")
        assert "Set it up now; until then nothing else is open." in page.text
        assert (await root.http.get("/account/me")).json()["owes_second_factor"]
        prepared = (await root.post("/account/second-factor", {"password": PASSWORD})).json()
        picture = unquote(prepared["picture"])
        assert picture.startswith("data:image/svg+xml")
        assert "style=" not in picture
        phone = Phone(prepared["secret"], clock)
        assert (await root.post("/account/second-factor/confirm", {"code": phone.code()})).status_code == 200
        assert await root.is_in()
        assert not (await root.http.get("/account/me")).json()["owes_second_factor"]
        for client in service.clients:
            await client.aclose()


async def test_who_signs_in_by_a_provider_owes_none(pool: Pool, service: Service) -> None:
    added = "insert into people (user_id, issuer, display_name) values ('oidc:4711', 'https://a', 'Z')"
    await fetch(pool, f"{added} returning 1", {})
    owe = [await owes_second_factor(pool, who, "everyone") for who in ("account:ann", "oidc:4711", "nobody")]
    assert owe == [True, False, False]
    assert not await owes_second_factor(pool, "account:ann", "administrators")
    assert not await owes_second_factor(pool, "account:ann", "off")


async def test_a_set_up_that_is_too_old_is_begun_again(service: Service, clock: Clock, pool: Pool) -> None:
    browser = service.browser()
    await browser.sign_in()
    prepared = (await browser.post("/account/second-factor", {"password": PASSWORD})).json()
    old = "update second_factors set created_at = now() - interval '2 days' returning 1"
    await fetch(pool, old, {})
    code = {"code": Phone(prepared["secret"], clock).code()}
    assert (await browser.post("/account/second-factor/confirm", code)).status_code == 409
    await forget_old(pool, Lifetimes.of(settings_of()))
    assert await fetch(pool, "select from second_factors", {}) == []


async def test_after_the_password_nothing_is_open_but_the_code(service: Service, clock: Clock) -> None:
    phone, _ = await switched_on(service.browser(), clock)
    browser, stranger = service.browser(), service.browser()
    answer = await browser.sign_in()
    assert (answer.status_code, answer.json()) == (200, {"needs_code": True})
    (cookie,) = answer.headers.get_list("set-cookie")
    assert re.match(r"owflex-code=.*; HttpOnly; Max-Age=300; Path=/; SameSite=lax", cookie)
    assert not await browser.is_in()
    token = browser.http.cookies["owflex-code"]
    for name in ("owflex-session", "owflex-browser"):
        stranger.http.cookies.set(name, token)
    assert not await stranger.is_in()
    for path in ("/account/second-factor/off", "/account/second-factor/codes", "/account/password"):
        assert (await browser.post(path, {"password": PASSWORD, "code": phone.code()})).status_code == 401
    # The step is of this browser.
    assert await send_code(service.browser(), phone.code()) == (401, "step_over")
    assert await send_code(browser, phone.code(3)) == (401, "wrong_code")
    assert await send_code(browser, phone.code()) == (200, None)
    assert await browser.is_in()
    assert "owflex-code" not in browser.http.cookies
    browser.http.cookies.set("owflex-code", token)
    clock.seconds += STEP
    assert await send_code(browser, phone.code()) == (401, "step_over")


async def test_a_code_is_good_once_and_clocks_may_differ_by_one_step(service: Service, clock: Clock) -> None:
    phone, _ = await switched_on(service.browser(), clock)
    browser = service.browser()
    # The code that has switched it on was used.
    await browser.sign_in()
    assert await send_code(browser, phone.code(-1)) == (401, "wrong_code")
    assert await send_code(browser, phone.code(1)) == (200, None)
    await browser.sign_in()
    # One of a step before the last one that was used is too old, too.
    assert await send_code(browser, phone.code()) == (401, "wrong_code")
    clock.seconds += 10 * STEP
    assert await send_code(browser, phone.code(2)) == (401, "wrong_code")
    assert await send_code(browser, phone.code(-2)) == (401, "wrong_code")
    assert await send_code(browser, phone.code(-1)) == (200, None)


@pytest.mark.parametrize("end", ["time", "disabled", "password"])
async def test_the_step_ends(service: Service, clock: Clock, pool: Pool, end: str) -> None:
    phone, _ = await switched_on(service.browser(), clock)
    browser = service.browser()
    await browser.sign_in()
    async with pool.connection() as connection:
        if end == "time":
            await connection.execute("update second_steps set expires_at = now()")
        elif end == "disabled":
            await set_disabled(connection, "account:ann", disabled=True)
        else:
            await forget_password(connection, "account:ann")
    assert await send_code(browser, phone.code()) == (401, "step_over")
    assert not await browser.is_in()
    await forget_old(pool, Lifetimes.of(settings_of()))
    assert await fetch(pool, "select from second_steps", {}) == []


async def test_wrong_codes_count_as_wrong_passwords_do(service: Service, clock: Clock, pool: Pool) -> None:
    phone, _ = await switched_on(service.browser(), clock)
    browser = service.browser()
    tries: list[int] = []
    for _ in range(MAX_OF_ACCOUNT):
        await browser.sign_in()
        tries.append((await send_code(browser, phone.code(5)))[0])
    assert tries == [401] * MAX_OF_ACCOUNT
    assert await send_code(browser, phone.code()) == (429, "too_many_attempts")
    assert (await service.browser().sign_in()).status_code == 429
    late = "update sign_in_attempts set happened_at = now() - interval '16 minutes' returning 1"
    await fetch(pool, late, {})
    assert await send_code(browser, phone.code()) == (200, None)


async def test_recovery_codes_are_good_once_and_new_ones_end_them(
    service: Service, clock: Clock, pool: Pool
) -> None:
    owner, browser = service.browser(), service.browser()
    phone, codes = await switched_on(owner, clock)
    await browser.sign_in()
    assert await send_code(browser, codes[0]) == (200, None)
    await browser.sign_in()
    assert await send_code(browser, codes[0]) == (401, "wrong_code")
    assert await send_code(browser, codes[1].replace(" ", "")) == (200, None)
    assert (await browser.http.get("/account/me")).json()["recovery_codes_left"] == 8
    stored = str(await fetch(pool, "select row_to_json(r)::text from recovery_codes r", {}))
    assert not any(code.replace(" ", "") in stored for code in codes)
    made = await browser.post("/account/second-factor/codes", {"password": PASSWORD, "code": phone.code()})
    assert len(set(made.json()["recovery_codes"]) - set(codes)) == 10
    await owner.sign_in()
    assert await send_code(owner, codes[2]) == (401, "wrong_code")
    assert await send_code(owner, made.json()["recovery_codes"][0]) == (200, None)


async def test_it_is_switched_off_with_password_and_code(service: Service, clock: Clock) -> None:
    browser = service.browser()
    phone, _ = await switched_on(browser, clock)
    off = "/account/second-factor/off"
    wrong = await browser.post(off, {"password": OTHER, "code": phone.code()})
    assert wrong.json()["error"]["code"] == "wrong_password"
    wrong = await browser.post(off, {"password": PASSWORD, "code": phone.code(4)})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "wrong_code")
    assert (await browser.post(off, {"password": PASSWORD, "code": phone.code()})).status_code == 200
    assert (await service.browser().sign_in()).json() == {"user": "account:ann"}
    assert (await browser.http.get("/account/me")).json()["has_second_factor"] is False


async def test_the_secret_is_encrypted_for_its_person_and_told_nowhere(
    service: Service, clock: Clock, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = service.browser()
    phone, codes = await switched_on(browser, clock)
    (row,) = await fetch(pool, "select secret from second_factors", {})
    secret = phone._totp.secret  # pyright: ignore[reportPrivateUsage]
    assert secret.encode() not in bytes(row[0])
    await browser.sign_in()
    await send_code(browser, codes[0])
    told = await fetch(pool, "select string_agg(events::text, '') from audit_events as events", {})
    logged = caplog.text + told[0][0]
    assert not any(one in logged or one.replace(" ", "") in logged for one in (secret, *codes))
    actions = [action for action, actor, about in await service.actions() if actor == about == "account:ann"]
    assert [one for one in actions if one.startswith(("second", "recovery"))] == [
        "second_factor.on",
        "recovery_codes.made",
        "recovery_code.used",
    ]


async def test_with_another_key_recovery_codes_are_left(
    service: Service, clock: Clock, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    phone, codes = await switched_on(service.browser(), clock)
    other = Vault(SecretStr("x" * 32))
    kept = other.lock("second factor of account:bob", "A" * 32)
    await fetch(pool, "update second_factors set secret = %(kept)s returning 1", {"kept": kept})
    browser = service.browser()
    await browser.sign_in()
    assert await send_code(browser, phone.code()) == (503, "code_unreadable")
    assert "CHAT_SETTINGS_KEY" in caplog.text
    assert await send_code(browser, codes[0]) == (200, None)
    # The same key, and the secret of another person.
    async with pool.connection() as connection:
        with pytest.raises(RequestRefusedError) as refused:
            await OneTimeCodes(other).use(connection, "account:ann", "123456")
    assert refused.value.code == "code_unreadable"


@pytest.mark.parametrize("body", [{}, {"code": 1}, {"code": "1" * 200}, {"code": "1", "x": 1}])
async def test_what_is_no_code_is_refused(service: Service, clock: Clock, body: dict[str, Any]) -> None:
    await switched_on(service.browser(), clock)
    browser = service.browser()
    await browser.sign_in()
    assert (await browser.post("/sign-in/code", body)).status_code == 400
    assert await send_code(browser, "١٢٣٤٥٦") == (401, "wrong_code")
