"""The settings of the programs, read before a command loads for seconds: a wrong one is said at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, assert_never, get_args

import typer

if TYPE_CHECKING:
    from database.setting_problems import SettingProblem
    from database.settings import ProgramSettings

ProgramName = Literal["knowledge_base", "mcp_server", "agent_service", "ingest", "keeping"]
PROGRAM_NAMES: tuple[ProgramName, ...] = get_args(ProgramName)


def check_settings(*programs: ProgramName) -> None:
    """Return when the settings of these programs can be used; else say what is wrong and end with 1."""
    from database.errors import SettingsError
    from serving.exit_codes import FAILED, print_error

    problems = problems_of(*programs)
    warn_of_misspelt_settings()
    if problems:
        print_error(SettingsError(problems))
        raise typer.Exit(FAILED)


def warn_of_misspelt_settings() -> None:
    """Say on standard error which names were probably meant to be settings, and which lines are none."""
    from database.errors import DatabaseError
    from owflex.configuration.known_settings import lines_without_setting, misspelt_settings
    from serving.exit_codes import print_warning

    try:
        misspelt, useless = misspelt_settings(), lines_without_setting()
    except (OSError, UnicodeDecodeError, DatabaseError):
        # The file that cannot be read is told with the settings.
        return
    for file, line in useless:
        print_warning(f"Line {line} of {file} is no setting. Write NAME=value, or remove it.")
    for written, setting in misspelt:
        print_warning(f"{written} is no setting of OwFlex. Did you mean {setting}?")


def problems_of(*programs: ProgramName) -> "Sequence[SettingProblem]":
    """What is wrong with the settings of these programs, each problem once."""
    from database.errors import SettingsError
    from database.settings import read_settings

    problems: list[SettingProblem] = []
    for program in programs:
        try:
            read_settings(settings_of(program))
        except SettingsError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    return problems


def settings_of(program: ProgramName) -> "type[ProgramSettings]":
    """The class of a program's settings; imported only now, because `owflex --help` needs none of them."""
    match program:
        case "knowledge_base":
            from knowledge_base.settings import KnowledgeBaseSettings

            return KnowledgeBaseSettings
        case "mcp_server":
            from mcp_server.settings import McpServerSettings

            return McpServerSettings
        case "agent_service":
            from agent_service.settings.settings import AgentServiceSettings

            return AgentServiceSettings
        case "ingest":
            from ingest.settings import IngestSettings

            return IngestSettings
        case "keeping":
            from owflex.configuration.keeping_settings import KeepingSettings

            return KeepingSettings
        case _:
            assert_never(program)
