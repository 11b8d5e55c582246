"""How large ChatKit requests may be."""

from agent_service.voice.transcription import MAX_AUDIO_BYTES

# Base64, and what stands around it.
MAX_REQUEST_BYTES = MAX_AUDIO_BYTES * 4 // 3 + 4096


def largest_request(body: bytes | bytearray, usual: int) -> int:
    """How long a ChatKit request may become that begins with `body`: recordings are longer than words."""
    is_dictation = b'"input.transcribe"' in body[:200]
    return max(usual, MAX_REQUEST_BYTES) if is_dictation else usual
