"""A server may have as many connections open as the system allows, not only as it gives at first."""

import logging
import resource

logger = logging.getLogger("serving")


def allow_open_files(wanted: int) -> int:
    """Raise the limit of open files to `wanted` where the system lets us; returns what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if most > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        logger.warning("At most %s files and connections may be open here; %s would be needed", most, wanted)
    return max(soft, most)
