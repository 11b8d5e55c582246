"""`python -m agent_service`: the chat on its own."""

import logging
import signal
import sys
from types import FrameType
from typing import NoReturn

from pydantic import ValidationError

from agent_service.errors import AgentServiceError
from agent_service.process import serve
from agent_service.settings import AgentServiceSettings
from database.errors import DatabaseError


def main() -> int:
    """Run with the settings of the environment and `.env`; returns the exit code."""
    try:
        settings = AgentServiceSettings(_env_file=".env")  # pyright: ignore[reportCallIssue]
    except ValidationError as error:
        for problem in error.errors(include_input=False):
            sentence = problem["msg"].removeprefix("Value error, ")
            print(f"{str(problem['loc'][0]).upper()}: {sentence}", file=sys.stderr)  # noqa: T201
        return 1
    return run(settings)


def run(settings: AgentServiceSettings) -> int:
    """Run until stopped; returns the exit code (0 stopped, 1 could not start)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx2", "httpx", "mcp", "openai.agents", "chatkit"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Leave through the normal way, so that Postgres is stopped when we were its last user.
    signal.signal(signal.SIGTERM, _stop)
    try:
        serve(settings)
    except (DatabaseError, AgentServiceError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
