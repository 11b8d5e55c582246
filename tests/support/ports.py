"""Free ports for processes that must be told theirs before they start.

They lie below those that the system itself gives away (Linux from 32 768, others from 49 152): of these,
another test's server or connection could be given the same one before the process listens.
"""

import random
import socket

_LOWEST, _HIGHEST = 12_000, 32_000
# Other workers and other runs on the machine draw by themselves.
_drawn = random.SystemRandom()
_given: set[int] = set()


def free_port() -> int:
    """A port of loopback that nobody listens on; none twice."""
    while True:
        port = _drawn.randint(_LOWEST, _HIGHEST)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
