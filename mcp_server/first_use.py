"""What fastmcp imports at the first request only, imported before it comes.

The first list of tools would stand still for most of a second of the processor, and with it everybody else.
"""

import importlib

# The store of sessions, asked for at every list; what looks after the tools of apps.
MODULES = (
    "key_value.aio.adapters.pydantic",
    "key_value.aio.stores.memory",
    "fastmcp.apps.app",
    "fastmcp.server.providers.prefab_payload",
    "fastmcp.server.providers.prefab_synthesis",
)


def import_what_comes_later() -> None:
    """Import it, in a thread: the event loop goes on meanwhile."""
    for name in MODULES:
        importlib.import_module(name)
