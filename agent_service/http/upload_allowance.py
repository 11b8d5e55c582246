"""How many files, and how much of them, each user may send in an hour."""

from agent_service.errors import RequestRefusedError
from agent_service.settings.settings import AgentServiceSettings
from serving.token_buckets import TokenBuckets

MEGABYTE = 1_000_000


class UploadAllowance:
    """Refuses what is more than CHAT_UPLOADS_PER_HOUR and CHAT_UPLOAD_MB_PER_HOUR allow."""

    def __init__(self, settings: AgentServiceSettings) -> None:
        count, size = settings.chat_uploads_per_hour, settings.chat_upload_mb_per_hour * MEGABYTE
        self._files = TokenBuckets[str](count / 60, count)
        self._bytes = TokenBuckets[str](size / 60, size)

    def take(self, user: str, size: int) -> None:
        """Count a file of so many bytes; 0 of one that is announced. Raises `RequestRefusedError` (429)."""
        if wait := self._bytes.take(user, size) or self._files.take(user):
            raise RequestRefusedError(
                "limits.too_many_uploads",
                status=429,
                code="too_many_uploads",
                retry_after=wait,
                minutes=-(-wait // 60),
            )
