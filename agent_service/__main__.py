"""`python -m agent_service`: the chat on its own."""

import sys

from pydantic import ValidationError

from agent_service.errors import AgentServiceError
from agent_service.observe.logs import set_up_logs
from agent_service.process import serve
from agent_service.settings.settings import AgentServiceSettings
from database.errors import DatabaseError
from database.process import setting_problems, stop_on_sigterm
from serving.telemetry import TelemetryMissingError


def main() -> int:
    """Run with the settings of the environment and `.env`; returns the exit code."""
    try:
        settings = AgentServiceSettings(_env_file=".env")  # pyright: ignore[reportCallIssue]
    except ValidationError as error:
        print("\n".join(setting_problems(error)), file=sys.stderr)  # noqa: T201
        return 1
    return run(settings)


def run(settings: AgentServiceSettings) -> int:
    """Run until stopped; returns the exit code (0 stopped, 1 could not start)."""
    set_up_logs(settings.log_format)
    stop_on_sigterm()
    try:
        serve(settings)
    except (DatabaseError, AgentServiceError, TelemetryMissingError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
