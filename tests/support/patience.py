"""How long tests wait for what should happen soon: on a loaded machine that may be late.

Reaching the limit means that it never happens. Where a short limit is what is tested, the test has its own.
"""

import inspect

import httpx2
from playwright.async_api import expect

PATIENCE_SECONDS = 60


def be_patient() -> None:
    """Give browsers and HTTP clients that have no limit of their own this one instead of five seconds."""
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    limit: httpx2.Timeout = inspect.signature(httpx2.AsyncClient.__init__).parameters["timeout"].default
    for phase in ("connect", "read", "write", "pool"):
        setattr(limit, phase, float(PATIENCE_SECONDS))
