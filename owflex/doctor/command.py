"""`owflex doctor`: looks at everything OwFlex needs, tries it, and says what to do where it does not work."""

import asyncio
from collections.abc import AsyncIterator

from owflex.configuration.program_settings import problems_of
from owflex.doctor.findings import Finding, bad, exit_code, fine, show


def run_doctor(*, as_json: bool, offline: bool, only_model: bool = False) -> int:
    """Look, print what was found, and return 0 when nothing is wrong.

    `offline` asks no language model, `only_model` looks at nothing else.
    """
    findings = asyncio.run(_collected(offline=offline, only_model=only_model))
    show(findings, as_json=as_json)
    return exit_code(findings)


async def _collected(*, offline: bool, only_model: bool) -> list[Finding]:
    return [finding async for finding in look(offline=offline, only_model=only_model)]


async def look(*, offline: bool = False, only_model: bool = False) -> AsyncIterator[Finding]:
    """What is found, in the order in which the parts need each other."""
    problems = problems_of("mcp_server", "agent_service", "ingest", "keeping")
    for problem in problems:
        cure = problem.cure or "Correct it in the environment or in .env; see docs/settings.md."
        yield bad("settings", problem.sentence, cure)
    if problems_of("mcp_server", "agent_service", "keeping"):
        return
    if not problems:
        yield fine("settings", "All settings can be read.")
    # Only now: it imports the programs, which takes seconds.
    from owflex.doctor.checks import look_at_model, look_at_programs

    findings = look_at_model(offline=offline) if only_model else look_at_programs(offline=offline)
    async for finding in findings:
        yield finding
