"""People who sign in at the chat itself: passwords, sessions, one-time links, limits."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from argon2 import PasswordHasher
from chatkit.types import ThreadCreatedEvent

from agent_service.accounts import live, passwords
from agent_service.accounts.attempts import MAX_OF_ACCOUNT, MAX_OF_ADDRESS
from agent_service.accounts.forgetting import forget_old
from agent_service.accounts.passwords import Passwords, check_password
from agent_service.accounts.people import (
    name_of,
    set_admin,
    set_disabled,
)
from agent_service.accounts.secrets import hash_of
from agent_service.accounts.sessions import Lifetimes
from agent_service.auth.admins import is_admin
from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.routes.accounts.own_pages import own_page, sign_in_address
from agent_service.storage import PostgresStore
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
from tests.agent_service.conftest import Chat, FakeKnowledge, Serve, stream_events
from tests.support.patience import PATIENCE_SECONDS


@pytest.fixture(autouse=True)
def light_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost nothing."""
    monkeypatch.setattr(passwords, "HASHER", LIGHT)
    passwords._decoy.cache_clear()  # pyright: ignore[reportPrivateUsage]


@pytest.fixture
async def service(pool: Pool, serve: Serve) -> AsyncGenerator[Service]:
    """A chat with accounts, and nobody in it."""
    clients: list[httpx2.AsyncClient] = []
    async with serve(accounts_app(pool, ScriptedModel([]))) as url:
        yield Service(url, pool, clients)
        for client in clients:
            await client.aclose()


async def test_who_signs_in_has_a_cookie_that_no_script_sees_and_conversations_of_their_own(
    service: Service, pool: Pool
) -> None:
    user_id = await service.add()
    browser = service.browser()
    assert not await browser.is_in()
    answer = await browser.sign_in(" ANN ")
    assert (answer.status_code, answer.json()) == (200, {"user": "account:ann"})
    cookies = {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    assert set(cookies) == {"owflex-session", "owflex-browser"}
    assert all("HttpOnly" in line and "SameSite=lax" in line for line in cookies.values())
    assert not any("Secure" in line or "Domain" in line for line in cookies.values())
    store = PostgresStore(pool)
    thread = Chat.message("x")
    assert thread
    await fetch(
        pool,
        "insert into threads (id, user_id, data) values ('t', %(u)s, %(d)s) returning 1",
        {"u": user_id, "d": '{"id": "t", "created_at": "2026-11-01T10:00:00"}'},
    )
    listed = (await browser.post("/chatkit", LIST)).json()
    assert [one["id"] for one in listed["data"]] == ["t"]
    assert (await store.load_thread("t", RequestContext(user_id))).id == "t"
    rows = await fetch(pool, "select token_hash from browser_sessions", {})
    assert [bytes(row[0]) for row in rows] == [hashlib.sha256(browser.token.encode()).digest()]


async def test_over_https_the_cookie_is_of_this_host_only_and_no_other_counts(
    pool: Pool, serve: Serve
) -> None:
    app = accounts_app(
        pool,
        ScriptedModel([]),
        agent_service_public_url="https://chat.example/owflex",
        agent_service_allowed_hosts="chat.example",
    )
    async with serve(app) as url, httpx2.AsyncClient(base_url=url) as http:
        await Service(url, pool, []).add()
        answer = await Browser(http).sign_in()
        lines = answer.headers.get_list("set-cookie")
        assert [line.partition("=")[0] for line in lines] == [
            "__Host-owflex-session",
            "__Host-owflex-browser",
        ]
        assert all("; Secure" in line and "Domain" not in line for line in lines)
        token = lines[0].partition("=")[2].partition(";")[0]
        asked = [
            (await http.post("/chatkit", json=LIST, headers={"cookie": f"{name}={token}"})).status_code
            for name in ("__Host-owflex-session", "owflex-session")
        ]
        assert asked == [200, 401]


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ann", "wrong horse battery"),
        ("nobody", PASSWORD),
        ("a b", PASSWORD),
        ("", ""),
        ("x" * 150, PASSWORD),
    ],
)
async def test_wrong_names_and_wrong_passwords_are_refused_in_the_same_words(
    service: Service, name: str, password: str
) -> None:
    await service.add()
    browser = service.browser()
    answer = await browser.sign_in(name, password, **{"accept-language": "fr"})
    assert (answer.status_code, answer.json()["error"]) == (
        401,
        {"code": "wrong_credentials", "message": "Le nom ou le mot de passe n’est pas correct."},
    )
    assert not answer.headers.get_list("set-cookie")


async def test_a_name_that_nobody_has_costs_a_whole_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    real = PasswordHasher()

    class Noting(PasswordHasher):
        def verify(self, hash: Any, password: Any) -> Any:
            verified.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Noting())
    passwords._decoy.cache_clear()  # pyright: ignore[reportPrivateUsage]
    both = Passwords()
    stored = await both.hash(PASSWORD)
    assert await both.fits(stored, PASSWORD)
    assert not await both.fits(stored, OTHER)
    assert not await both.fits(None, PASSWORD)
    assert not await both.fits("no hash", PASSWORD)
    parameters = [one.split("$")[1:4] for one in verified[:3]]
    assert parameters[0] == parameters[1] == parameters[2]
    assert parameters[0] == [
        "argon2id",
        "v=19",
        f"m={real.memory_cost},t={real.time_cost},p={real.parallelism}",
    ]


async def test_a_hash_of_weaker_parameters_is_made_anew_at_the_next_sign_in(
    service: Service, pool: Pool
) -> None:
    await service.add()
    weak = PasswordHasher(time_cost=1, memory_cost=32, parallelism=1).hash(PASSWORD)
    await fetch(pool, "update people set password_hash = %(weak)s returning 1", {"weak": weak})
    assert (await service.browser().sign_in()).status_code == 200
    rows = await fetch(pool, "select password_hash from people", {})
    assert "m=64," in rows[0][0]
    assert "password.changed" not in [action for action, _, _ in (await service.actions())[2:]]


async def test_every_sign_in_is_a_new_session_and_the_old_one_of_this_browser_ends(service: Service) -> None:
    await service.add()
    browser, other = service.browser(), service.browser()
    await browser.sign_in()
    first = browser.token
    await browser.sign_in()
    assert not (await fetch(service.pool, "select from browser_sessions offset 1", {}))
    assert browser.token != first
    other.http.cookies.set("owflex-session", first)
    assert not await other.is_in()


async def test_a_browser_keeps_no_token_that_somebody_else_put_there(service: Service, pool: Pool) -> None:
    browser = service.browser()
    browser.http.cookies["owflex-browser"] = "planted"
    await service.add()
    answered = await browser.sign_in()
    first = answered.cookies["owflex-browser"]
    assert first != "planted"
    await service.add("bob")
    # Two people at one browser stay known in it.
    again = service.browser()
    again.http.cookies["owflex-browser"] = first
    second = (await again.sign_in("bob")).cookies["owflex-browser"]
    known = await fetch(pool, "select token_hash, user_id from known_browsers order by user_id", {})
    assert [(bytes(token), user) for token, user in known] == [
        (hash_of(second), "account:ann"),
        (hash_of(second), "account:bob"),
    ]


async def test_signing_out_ends_the_session_and_not_only_the_cookie(service: Service) -> None:
    await service.add()
    browser, thief = service.browser(), service.browser()
    await browser.sign_in()
    thief.http.cookies.set("owflex-session", browser.token)
    assert (await browser.post("/sign-out")).status_code == 200
    assert "owflex-session" not in browser.http.cookies
    assert not await thief.is_in()


@pytest.mark.parametrize(
    "change",
    [
        "update browser_sessions set expires_at = now()",
        "update browser_sessions set seen_at = now() - interval '73 hours'",
        "update people set disabled_at = now()",
        "delete from people",
    ],
)
async def test_a_session_ends(service: Service, pool: Pool, change: Any) -> None:
    await service.add()
    browser = service.browser()
    await browser.sign_in()
    assert await browser.is_in()
    async with pool.connection() as connection:
        await connection.execute(change)
    assert not await browser.is_in()


async def test_a_password_is_changed_with_the_old_one_and_all_other_browsers_are_signed_out(
    service: Service,
) -> None:
    await service.add()
    browser, other = service.browser(), service.browser()
    await browser.sign_in()
    await other.sign_in()
    before = browser.token
    wrong = await browser.post("/account/password", {"current": OTHER, "new": OTHER})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "wrong_password")
    short = await browser.post("/account/password", {"current": PASSWORD, "new": "short"})
    assert (short.status_code, short.json()["error"]["code"]) == (400, "weak_password")
    assert (await browser.post("/account/password", {"current": PASSWORD, "new": OTHER})).status_code == 200
    assert (await browser.is_in(), await other.is_in()) == (True, False)
    assert browser.token != before
    assert (await service.browser().sign_in()).status_code == 401
    assert (await service.browser().sign_in(password=OTHER)).status_code == 200


async def test_a_person_sees_their_sessions_and_ends_them(service: Service) -> None:
    await service.add()
    await service.add("bob")
    browser, other, bob = service.browser(), service.browser(), service.browser()
    await browser.sign_in(**{"user-agent": "Firefox"})
    await other.sign_in(**{"user-agent": "x" * 500})
    await bob.sign_in("bob")
    me = (await browser.http.get("/account/me")).json()
    assert (me["name"], me["is_admin"], me["has_password"]) == ("ann", False, True)
    assert {one["is_current"]: one["browser"] for one in me["sessions"]} == {
        True: "Firefox",
        False: "x" * 200,
    }
    assert "hash" not in str(me)
    bobs = (await bob.http.get("/account/me")).json()["sessions"][0]["id"]
    assert (await browser.post("/account/sessions/end", {"id": bobs})).json() == {"ended": 0}
    assert (await browser.post("/account/sessions/end")).json() == {"ended": 1}
    assert [await one.is_in() for one in (browser, other, bob)] == [True, False, True]


async def test_too_many_wrong_passwords_wait_and_a_browser_of_before_does_not(
    service: Service, pool: Pool
) -> None:
    await service.add()
    await service.add("bob")
    known, stranger = service.browser(), service.browser()
    await known.sign_in()
    tries = [(await stranger.sign_in(password=OTHER)).status_code for _ in range(MAX_OF_ACCOUNT + 2)]
    assert tries == [401] * MAX_OF_ACCOUNT + [429, 429]
    waits = await stranger.sign_in()
    assert (waits.status_code, waits.json()["error"]["code"]) == (429, "too_many_attempts")
    assert 0 < int(waits.headers["retry-after"]) <= 900
    # The person themselves, and everybody else, get in.
    assert (await known.sign_in()).status_code == 200
    assert (await stranger.sign_in("bob")).status_code == 200
    # It ends by itself.
    await fetch(
        pool, "update sign_in_attempts set happened_at = now() - interval '16 minutes' returning 1", {}
    )
    assert (await stranger.sign_in()).status_code == 200


async def test_names_that_nobody_has_wait_in_the_same_way(service: Service) -> None:
    browser = service.browser()
    tries = [(await browser.sign_in("nobody")).status_code for _ in range(MAX_OF_ACCOUNT + 1)]
    assert tries == [401] * MAX_OF_ACCOUNT + [429]


async def test_attempts_at_the_same_moment_count_one_another(service: Service) -> None:
    await service.add()
    browser = service.browser()
    tried = await asyncio.gather(*(browser.sign_in(password=OTHER) for _ in range(3 * MAX_OF_ACCOUNT)))
    codes = [answer.status_code for answer in tried]
    assert codes.count(401) <= MAX_OF_ACCOUNT
    assert codes.count(429) >= 2 * MAX_OF_ACCOUNT


async def test_an_address_that_tries_many_names_waits(service: Service, pool: Pool) -> None:
    await service.add()
    await fetch(
        pool,
        "insert into sign_in_attempts (user_id, address)"
        " select 'account:' || i, '127.0.0.1' from generate_series(1, %(count)s) as i returning 1",
        {"count": MAX_OF_ADDRESS},
    )
    assert (await service.browser().sign_in()).status_code == 429


async def test_the_first_administrator_is_made_by_one_link_only_once(service: Service, pool: Pool) -> None:
    links = [await service.link("setup", None) for _ in range(2)]
    browser = service.browser()
    looked = await browser.post("/invitation/look", {"token": links[0]})
    assert looked.json() == {"purpose": "setup", "name": None}
    named = await browser.post("/invitation", {"token": links[0], "password": PASSWORD, "name": "no name"})
    assert (named.status_code, named.json()["error"]["code"]) == (400, "wrong_name")
    used = await asyncio.gather(
        *(
            service.browser().post(
                "/invitation", {"token": link, "password": PASSWORD, "name": f"root{number}"}
            )
            for number, link in enumerate(links)
        )
    )
    assert sorted(answer.status_code for answer in used) == [200, 410]
    rows = await fetch(pool, "select user_id from people where is_admin", {})
    assert len(rows) == 1
    settings = settings_of()
    assert await is_admin(settings, pool, rows[0][0])
    for link in links:
        assert (await browser.post("/invitation/look", {"token": link})).status_code == 410


@pytest.mark.parametrize("purpose", ["invitation", "reset"])
async def test_a_link_sets_a_password_once_and_signs_in(service: Service, purpose: str) -> None:
    user_id = await service.add(password=None if purpose == "invitation" else OTHER)
    old = service.browser()
    if purpose == "reset":
        await old.sign_in(password=OTHER)
    first, link = await service.link(purpose, user_id), await service.link(purpose, user_id)
    browser = service.browser()
    assert (await browser.post("/invitation/look", {"token": first})).status_code == 410
    assert (await browser.post("/invitation/look", {"token": link})).json() == {
        "purpose": purpose,
        "name": "ann",
    }
    weak = await browser.post("/invitation", {"token": link, "password": "annannannann"})
    assert weak.json()["error"]["code"] == "weak_password"
    # The name that is sent along counts for the first administrator only.
    body = {"token": link, "password": PASSWORD, "name": "root"}
    assert (await browser.post("/invitation", body)).json() == {"user": "account:ann"}
    assert await browser.is_in()
    assert not await old.is_in()
    assert (await browser.post("/invitation", body)).status_code == 410


async def test_links_end_and_open_nothing_for_whom_is_shut_out(service: Service, pool: Pool) -> None:
    user_id = await service.add()
    browser = service.browser()
    link = await service.link("reset", user_id)
    await fetch(pool, "update one_time_links set expires_at = now() returning 1", {})
    assert (await browser.post("/invitation/look", {"token": link})).status_code == 410
    link = await service.link("reset", user_id)
    async with pool.connection() as connection:
        await set_disabled(connection, user_id, disabled=True)
    assert (await browser.post("/invitation/look", {"token": link})).status_code == 410
    refused = await browser.sign_in()
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "account_disabled")
    assert (await browser.sign_in(password=OTHER)).json()["error"]["code"] == "wrong_credentials"
    async with pool.connection() as connection:
        await set_disabled(connection, user_id, disabled=False)
    assert (await browser.sign_in()).status_code == 200


async def test_a_stream_of_a_person_who_is_shut_out_ends(
    pool: Pool, serve: Serve, mcp_app: Any, knowledge: FakeKnowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SECONDS_BETWEEN_LOOKS", 0.02)
    knowledge.hangs = True
    search = [function_call("search_documents", {"query": "leave"}, call_id="call_1")]
    model = ScriptedModel([search, [assistant_message("25 days.")]])
    without_end: dict[str, Any] = {"mcp_session_timeout_seconds": 300}
    async with (
        serve(mcp_app) as mcp_url,
        serve(accounts_app(pool, model, mcp_server_url=f"{mcp_url}/mcp", **without_end)) as url,
        httpx2.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as http,
    ):
        user_id = await Service(url, pool, []).add()
        assert (await Browser(http).sign_in()).status_code == 200
        async with http.stream("POST", "/chatkit", json=Chat.message("How much leave?")) as response:
            events = stream_events(response)
            assert isinstance(await anext(events), ThreadCreatedEvent)
            await asyncio.wait_for(knowledge.is_hanging.wait(), PATIENCE_SECONDS)
            async with pool.connection() as connection:
                await set_disabled(connection, user_id, disabled=True)
            # Ends by itself, although the search never answers.
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert "25 days" not in str([event async for event in events])
        assert (await http.post("/chatkit", json=LIST)).status_code == 401
        knowledge.is_released.set()


async def test_pages_lead_to_signing_in_and_programs_get_json(service: Service) -> None:
    http = service.browser().http
    html = {"accept": "text/html,*/*"}
    for path, place in {
        "/": "sign-in",
        "/?client=builtin": "sign-in?next=%3Fclient%3Dbuiltin",
        "/account": "sign-in?next=account",
        "/connect?request=a%2Bb": "sign-in?next=connect%3Frequest%3Da%252Bb",
        "/a/b": "../sign-in?next=a%2Fb",
    }.items():
        answer = await http.get(path, headers=html)
        assert (answer.status_code, answer.headers["location"]) == (303, place)
    assert (await http.get("/account/me")).status_code == 401
    assert (await http.get("/anything-new")).json()["error"]["code"] == "login_required"
    assert (await http.get("/config.json")).json()["login"] == "accounts"
    assert (await http.get("/metrics")).status_code == 401
    page = await http.get("/sign-in?next=//evil.example", headers=html | {"accept-language": "de-AT"})
    assert (page.status_code, 'lang="de"' in page.text, 'data-next=""' in page.text) == (200, True, True)
    await service.add()
    await Browser(http).sign_in()
    back = await http.get("/sign-in?next=connect%3Frequest%3Dx", headers=html)
    assert (back.status_code, back.headers["location"]) == (303, "connect?request=x")
    assert (await http.get("/", headers=html)).status_code in (200, 503)


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        (None, ""),
        ("", ""),
        ("#/knowledge", "#/knowledge"),
        ("connect?request=abc", "connect?request=abc"),
        ("sign-in?next=sign-in", ""),
        ("/account", ""),
        ("//evil.example", ""),
        ("https://evil.example", ""),
        ("javascript:alert(1)", ""),
        ("a\\b", ""),
        ("../x", ""),
        ("%2e%2E/x", ""),
        (".%2e/x", ""),
        ("%2f%2fevil.example", ""),
        ("%5c%5cevil.example", ""),
        ("a//b", ""),
        ("a" * 3000, ""),
        ("a\nb", ""),
    ],
)
def test_after_signing_in_only_own_pages_are_gone_to(asked: str | None, page: str) -> None:
    assert own_page(asked) == page
    assert sign_in_address("/", "") == "sign-in"


async def test_other_sites_cannot_post_forms(service: Service) -> None:
    await service.add()
    browser = service.browser()
    foreign = await browser.sign_in(origin="https://evil.example")
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "foreign_origin")
    form = await browser.http.post("/sign-in", data={"name": "ann", "password": PASSWORD})
    assert form.status_code == 415
    for body in ({"name": "ann"}, {"name": 1, "password": PASSWORD}, {"name": "a", "password": "b", "x": 1}):
        assert (await browser.post("/sign-in", body)).status_code == 400


async def test_the_audit_log_tells_of_it_and_of_no_secret(service: Service, pool: Pool) -> None:
    user_id = await service.add(password=None)
    link = await service.link("invitation", user_id)
    browser = service.browser()
    await browser.post("/invitation", {"token": link, "password": PASSWORD})
    await browser.post("/account/password", {"current": PASSWORD, "new": OTHER})
    async with pool.connection() as connection:
        await set_admin(connection, user_id, is_admin=True)
        await set_disabled(connection, user_id, disabled=True)
    told = await service.actions()
    assert [(action, actor) for action, actor, about in told if about == user_id][2:6] == [
        ("password.changed", user_id),
        ("signed.in", user_id),
        ("password.changed", user_id),
        ("signed.in", user_id),
    ]
    assert {"person.added", "link.made", "admin.given", "person.disabled"} <= {
        action for action, _, _ in told
    }
    rows = await fetch(pool, "select string_agg(events::text, '') from audit_events as events", {})
    assert not any(secret in rows[0][0] for secret in (PASSWORD, OTHER, link, browser.token, "argon2"))


async def test_what_is_over_is_forgotten(service: Service, pool: Pool) -> None:
    user_id = await service.add()
    browser, gone = service.browser(), service.browser()
    await gone.sign_in()
    await service.link("reset", user_id)
    for statement in (
        "update browser_sessions set expires_at = now()",
        "update one_time_links set expires_at = now()",
        "update known_browsers set used_at = now() - interval '2 years'",
        "insert into sign_in_attempts values (default, 'a', 'b', now() - interval '2 days')",
    ):
        async with pool.connection() as connection:
            await connection.execute(statement)
    await browser.sign_in()
    await forget_old(pool, Lifetimes.of(settings_of()))
    counted = """
        select (select count(*) from browser_sessions), (select count(*) from one_time_links),
               (select count(*) from known_browsers), (select count(*) from sign_in_attempts)
    """
    assert await fetch(pool, counted, {}) == [(1, 0, 1, 0)]
    assert await browser.is_in()


@pytest.mark.parametrize(
    ("password", "name", "key"),
    [
        ("short", "", "weak_password"),
        ("x" * 201, "", "weak_password"),
        ("aaaaaaaaaaaaa", "", "weak_password"),
        ("annalisaannalisa", "annalisa", "weak_password"),
        ("annalisaannalisaannalisa", "annalisa", "weak_password"),
    ],
)
def test_passwords_that_are_not_good_enough(password: str, name: str, key: str) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        check_password(password, name)
    assert refused.value.code == key
    check_password("four words in a row", "ann")
    check_password("пароль из четырёх слов", "ann")


def test_names_are_one_however_they_are_typed() -> None:
    assert {name_of(typed) for typed in ("Ann", " ann ", "ＡＮＮ")} == {"ann"}
    for wrong in ("", "a b", "a:b", "x" * 101, "a\x00", "a/b"):
        with pytest.raises(RequestRefusedError):
            name_of(wrong)


async def test_a_refused_sign_in_is_noted_with_the_account_and_no_other_word(
    pool: Pool, serve: Serve
) -> None:
    async with serve(accounts_app(pool, ScriptedModel([]))) as url:
        service = Service(url, pool, [])
        await service.add()
        browser = service.browser()
        await browser.sign_in(password=OTHER)
        await browser.sign_in("my password by mistake")
        assert (await browser.sign_in("ann\x00")).status_code == 401
        await browser.http.aclose()
    rows = await fetch(
        pool,
        "select target, details ->> 'address', details ->> 'account' from audit_events"
        " where action = 'login.refused' order by id",
        {},
    )
    assert rows == [
        ("POST /sign-in", "127.0.0.1", "account:ann"),
        ("POST /sign-in", "127.0.0.1", None),
        ("POST /sign-in", "127.0.0.1", None),
    ]


async def test_while_the_database_is_away_nobody_is_let_in_and_it_is_said(service: Service) -> None:
    await service.add()
    browser = service.browser()
    await browser.sign_in()
    await service.pool.close()
    for answer in (await browser.sign_in(), await browser.post("/chatkit", LIST)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "login_unavailable")
    page = await browser.http.get("/sign-in", headers={"accept": "text/html"})
    assert page.status_code == 200


async def test_accents_are_one_however_a_keyboard_puts_them_together() -> None:
    both = Passwords()
    assert await both.fits(await both.hash("caf\u00e9 au lait deux"), "cafe\u0301 au lait deux")
    assert not await both.fits(await both.hash("caf\u00e9 au lait deux"), "cafe au lait deux")
