"""What tools of other servers are called: `server__tool`, so that none can pass for one of ours."""

import hashlib
import re

SEPARATOR = "__"
# As much as providers of language models take.
MAX_NAME_CHARACTERS = 64
REFUSED = re.compile(r"[^A-Za-z0-9_-]")


def name_for(server: str, tool: str) -> str:
    """The name under which the model gets a tool; two tools of one server never get the same one."""
    whole = f"{server}{SEPARATOR}{REFUSED.sub('_', tool)}"
    if len(whole) <= MAX_NAME_CHARACTERS and not REFUSED.search(tool):
        return whole
    digest = hashlib.sha256(tool.encode(errors="replace")).hexdigest()[:8]
    return f"{whole[: MAX_NAME_CHARACTERS - 9]}_{digest}"


def is_foreign(name: str) -> bool:
    """Whether a tool's name is that of another server's tool; none of ours has two underscores in a row."""
    return SEPARATOR in name


def server_of(name: str) -> str:
    """The name of the server whose tool it is."""
    return name.partition(SEPARATOR)[0]


def spoken(name: str) -> str:
    """The tool's name as people read it."""
    server, _, tool = name.partition(SEPARATOR)
    return f"{server}: {tool.replace('_', ' ')}"
