"""Memory of large bodies is given back to the system when they are gone."""

import ctypes
import sys

# Of mallopt(3): blocks of this size and more are mapped by themselves.
M_MMAP_THRESHOLD = -3
LARGE_BYTES = 1 << 20


def give_back_large_blocks() -> bool:
    """Have the C library keep no large block for later; False where it cannot be told so.

    By itself it raises the bound with each large block that was freed, up to 32 MB, and keeps those below.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(M_MMAP_THRESHOLD, LARGE_BYTES))
