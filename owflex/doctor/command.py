"""`owflex doctor`: looks at everything OwFlex needs, tries it, and says what to do where it does not work."""

import asyncio
from collections.abc import AsyncIterator

from owflex.configuration.known_settings import lines_without_setting, misspelt_settings
from owflex.configuration.program_settings import problems_of
from owflex.doctor.findings import Finding, bad, exit_code, fine, show, warning


def run_doctor(*, as_json: bool, offline: bool, only_model: bool = False) -> int:
    """Look, print what was found, and return 0 when nothing is wrong.

    `offline` asks no language model, `only_model` looks at nothing else.
    """
    findings = asyncio.run(_collected(offline=offline, only_model=only_model))
    show(findings, as_json=as_json)
    return exit_code(findings)


async def _collected(*, offline: bool, only_model: bool) -> list[Finding]:
    return [finding async for finding in look(offline=offline, only_model=only_model)]


def _ignored() -> list[Finding]:
    """What is written among the settings and has no effect, as a finding each; else that all is well."""
    found = [
        warning("settings", f"Line {line} of {file} is no setting.", "Write NAME=value, or remove it.")
        for file, line in lines_without_setting()
    ]
    found += [
        warning("settings", f"{written} is no setting of OwFlex.", f"Did you mean {setting}? Write it so.")
        for written, setting in misspelt_settings()
    ]
    return found or [fine("settings", "All settings can be read.")]


async def look(*, offline: bool = False, only_model: bool = False) -> AsyncIterator[Finding]:
    """What is found, in the order in which the parts need each other."""
    problems = problems_of("mcp_server", "agent_service", "ingest", "keeping")
    for problem in problems:
        cure = problem.cure or "Correct it in the environment or in .env; see docs/settings.md."
        yield bad("settings", problem.sentence, cure)
    if problems_of("mcp_server", "agent_service", "keeping"):
        return
    for finding in _ignored() if not problems else ():
        yield finding
    # Only now: it imports the programs, which takes seconds.
    from owflex.doctor.checks import look_at_model, look_at_programs

    findings = look_at_model(offline=offline) if only_model else look_at_programs(offline=offline)
    async for finding in findings:
        yield finding
