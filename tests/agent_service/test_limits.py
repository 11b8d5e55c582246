"""Limits of one user do not concern another, and say when it goes on."""

from datetime import UTC, datetime
from typing import Any

import pytest
from agents.testing import ScriptedModel

from agent_service.errors import RequestRefusedError
from agent_service.requests.admission import Limits
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.usage import Tokens, record_usage
from database.pool import Pool
from serving.token_buckets import TokenBuckets
from tests.agent_service.conftest import Chat, OpenChat
from tests.agent_service.test_turns import say


def test_a_minutes_worth_may_come_at_once_and_grows_back() -> None:
    now = [0.0]
    rate = TokenBuckets[str](3, clock=lambda: now[0])
    assert [rate.take("ann") for _ in range(5)] == [0, 0, 0, 20, 20]
    assert rate.take("bob") == 0
    now[0] = 19.0
    assert rate.take("ann") == 1
    now[0] = 20.0
    assert [rate.take("ann"), rate.take("ann")] == [0, 20]
    now[0] = 10_000.0
    assert [rate.take("ann") for _ in range(4)] == [0, 0, 0, 20]


def test_no_limit_is_no_limit() -> None:
    rate = TokenBuckets[str](0)
    assert {rate.take("ann") for _ in range(1000)} == {0}


async def test_a_message_too_many_is_a_429_before_the_stream(open_chat: OpenChat) -> None:
    chat = await open_chat(ScriptedModel([say("One."), say("Two.")]), chat_rate_limit_per_minute=1)
    await chat.say("Hello")
    refused = await chat.post(Chat.message("Again"), **{"x-user": "ann"})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.json()["error"]["code"] == "rate_limited"
    assert len((await chat.ask("threads.list"))["data"]) == 1
    assert (await chat.post(Chat.message("Hello"), **{"x-user": "bob"})).status_code == 200


async def test_the_tokens_of_a_day_are_counted_from_midnight(pool: Pool) -> None:
    now = [datetime.now(UTC)]
    options: dict[str, Any] = {"chat_tokens_per_day": 100}
    limits = Limits(AgentServiceSettings(**options), pool, today=lambda: now[0])
    await record_usage(pool, "thr_1", "ann", {"m": Tokens(60, 39)})
    await limits.admit("ann")
    await record_usage(pool, "thr_1", "ann", {"m": Tokens(1, 0)})
    with pytest.raises(RequestRefusedError, match="midnight") as refused:
        await limits.admit("ann")
    assert refused.value.status == 429
    assert 0 < int(refused.value.headers["Retry-After"]) <= 86_400
    await limits.admit("bob")
    now[0] = now[0].replace(year=now[0].year + 1)
    await limits.admit("ann")
