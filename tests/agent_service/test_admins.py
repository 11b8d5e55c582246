"""Who is an administrator, for each kind of login."""

from typing import Any

import pytest

from agent_service.auth.admins import is_admin
from agent_service.settings.settings import AgentServiceSettings
from database.pool import Pool, fetch


@pytest.mark.parametrize(
    ("settings", "user_id", "expected"),
    [
        ({}, "local", True),
        ({}, "jwt:ann", False),
        ({"agent_service_host": "0.0.0.0", "agent_service_allow_remote": True}, "local", False),  # noqa: S104
        ({"agent_service_auth": "jwt"}, "jwt:ann", False),
        ({"agent_service_auth": "jwt", "agent_service_admins": "bob, ann"}, "jwt:ann", True),
        ({"agent_service_auth": "jwt", "agent_service_admins": "jwt:ann"}, "jwt:ann", True),
        ({"agent_service_auth": "proxy", "agent_service_admins": "jwt:ann"}, "proxy:ann", False),
        ({"agent_service_auth": "accounts", "agent_service_admins": "bob"}, "account:bob", False),
        ({"agent_service_auth": "accounts"}, "local", False),
        ({"agent_service_auth": "accounts"}, "account:root", True),
        ({"agent_service_auth": "accounts"}, "account:left", False),
        ({"agent_service_auth": "accounts"}, "account:\x00", False),
    ],
)
async def test_who_is_an_administrator(
    pool: Pool, settings: dict[str, Any], user_id: str, expected: bool
) -> None:
    people = """
        insert into people (user_id, name, display_name, is_admin, disabled_at)
        values ('account:root', 'root', 'Root', true, null), ('account:bob', 'bob', 'Bob', false, null),
            ('account:left', 'left', 'Left', true, now())
        returning 1
    """
    await fetch(pool, people, {})
    assert await is_admin(AgentServiceSettings(**settings), pool, user_id) is expected


async def test_what_happens_to_a_person_is_in_the_audit_log_without_secrets(pool: Pool) -> None:
    for statement in (
        "insert into people (user_id, name, display_name) values ('account:a', 'a', 'A') returning 1",
        "update people set is_admin = true returning 1",
        "update people set password_hash = 'hushhush', password_changed_at = now() returning 1",
        "update people set disabled_at = now() returning 1",
        "update people set disabled_at = null, is_admin = false returning 1",
        "insert into one_time_links values ('\\xaa', 'account:a', 'reset', now(), now()) returning 1",
        "insert into browser_sessions (token_hash, user_id, expires_at)"
        " values ('\\xbb', 'account:a', now()) returning 1",
    ):
        await fetch(pool, statement, {})  # pyright: ignore[reportArgumentType]
    rows = await fetch(pool, "select action, about, events::text from audit_events as events order by id", {})
    assert [action for action, _, _ in rows] == [
        *("person.added", "admin.given", "password.changed", "person.disabled"),
        *("admin.taken", "person.enabled", "link.made", "signed.in"),
    ]
    assert {about for _, about, _ in rows} == {"account:a"}
    assert not any("hushhush" in text or "\\xaa" in text for _, _, text in rows)
