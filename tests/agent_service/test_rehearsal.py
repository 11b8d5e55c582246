"""The first answer finds built what libraries put off until then."""

import subprocess
import sys

import pytest

BUILT = """
import sys
import agent_service.process
from openai.types.responses import Response, ResponseTextDeltaEvent
from agent_service.rehearsal import rehearse
rehearse()
print(Response.__pydantic_complete__, ResponseTextDeltaEvent.__pydantic_complete__)
print("jsonschema.validators" in sys.modules)
"""


@pytest.mark.slow
def test_a_rehearsal_builds_what_the_first_answer_needs() -> None:
    """In a process of its own: here other tests have built it."""
    done = subprocess.run([sys.executable, "-c", BUILT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True"]
