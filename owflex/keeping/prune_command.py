"""What `owflex prune` does and prints."""

from database.settings import read_settings
from owflex.configuration.keeping_settings import KeepingSettings
from owflex.exit_codes import exit_code
from owflex.keeping.errors import KeepingError
from owflex.keeping.places import opened_installation
from owflex.keeping.retention import remove_old, wants_anything


def run_prune() -> int:
    """Remove what is old and say what it was; the exit code."""
    return exit_code(_prune)


def _prune() -> int:
    settings = read_settings(KeepingSettings)
    if not (wants_anything(settings) or settings.keep_audit_days):
        raise KeepingError(
            "Everything is kept for ever. Set KEEP_THREADS_DAYS, KEEP_ATTACHMENTS_DAYS, KEEP_AUDIT_DAYS or "
            "KEEP_LOGS_DAYS."
        )
    with opened_installation() as installation:
        removed = list(remove_old(settings, installation))
    for sentence in removed or ["Nothing is so old."]:
        print(sentence)  # noqa: T201
    return 0
