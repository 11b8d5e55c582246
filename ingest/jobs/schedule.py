"""When a worker syncs all folders by itself."""

from croniter import croniter

from ingest.errors import OptionError


def check_schedule(every: str) -> None:
    """Raise `OptionError` when it is not a cron expression."""
    if not croniter.is_valid(every):
        raise OptionError(f'"{every}" is not a schedule such as "0 * * * *" (every hour) or "30 2 * * *".')
