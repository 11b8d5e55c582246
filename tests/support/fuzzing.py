"""How much is tried with made-up input: a little in every run, more by `make fuzz`, and always the same."""

import json
import os
from typing import Any, cast

import httpx2
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("OWFLEX_FUZZ_EXAMPLES", "20"))
# Answers of ours that say that something behind us does not work.
ELSEWHERE = {501, 502, 503, 504}

bounded = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
STRANGE_TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            *(
                "",
                " ",
                "\x00",
                "a\x00b",
                "\ud7ff",
                "\u202e",
                "\u0301" * 500,
                "../../etc/passwd",
                "%",
                "_",
                "*",
            ),
            *(
                "'; drop table threads; --",
                "${x}",
                "{0}",
                "%s",
                "a" * 5000,
                "９９",
                "-1",
                "1e999",
                "NaN",
                "null",
            ),
            *("2026-02-30", "9999-12-31T23:59:60Z", "http://127.0.0.1/", "[" * 2000),
        ]
    ),
)
NUMBERS = st.one_of(
    st.integers(), st.sampled_from([0, -1, 2**31, 2**63, -(2**63), 2**64, 10**30]), st.floats(allow_nan=False)
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, STRANGE_TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(STRANGE_TEXTS, inner, max_size=4)),
    max_leaves=8,
)


def encoded(value: Any) -> bytes:
    """JSON as a client would send it, infinity included."""
    return json.dumps(value).encode()


def check_answer(answer: httpx2.Response, secret: str) -> None:
    """Fail unless this is an answer, or a refusal in one sentence, and nothing of another user."""
    assert secret not in answer.text, "something of another user"
    if answer.status_code < 400 or answer.status_code == 405:
        return
    assert answer.status_code < 500 or answer.status_code in ELSEWHERE, answer.text
    error: Any = answer.json()["error"]
    sentence = cast("dict[str, Any]", error)["message"] if isinstance(error, dict) else error
    assert sentence, answer.text
