"""`python -m agent_service`: the chat on its own."""

import sys

from agent_service.errors import AgentServiceError
from agent_service.observe.logs import STYLE
from agent_service.settings.bind import check_host
from agent_service.settings.settings import AgentServiceSettings
from database.errors import DatabaseError
from database.home import open_data_folder
from database.process import stop_on_sigterm
from database.settings import read_settings
from serving.errors import ServingError
from serving.exit_codes import exit_code_of
from serving.loading import loading
from serving.logs import set_up_logs


def main() -> int:
    """Run with the settings of the environment and `.env`; returns the exit code (0 stopped, 1 no start)."""
    return exit_code_of(_run, DatabaseError, ServingError, AgentServiceError)


def _run() -> int:
    stop_on_sigterm()
    settings = read_settings(AgentServiceSettings)
    check_host(settings)
    set_up_logs(settings.log_format, STYLE)
    open_data_folder(settings.owflex_home)
    try:
        # Not above: this imports the SDKs, which takes seconds, and a wrong setting or folder is said before.
        with loading():
            from agent_service.process import serve

        serve(settings)
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
