"""Secrets that lie in a database: encrypted, each for the name it is kept under."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from agent_service.errors import AgentServiceError

NONCE_BYTES = 12
# The first byte says how it was done, so that another way can follow.
VERSION = b"\x01"


class SecretUnreadableError(AgentServiceError):
    """A secret was encrypted by another key, or somebody has changed it."""


class Vault:
    """Encrypts by AES-256-GCM; its key comes out of `key`, a text of any length with enough chance in it."""

    def __init__(self, key: SecretStr) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=b"owflex chat settings")
        self._cipher = AESGCM(derived.derive(key.get_secret_value().encode()))

    def lock(self, name: str, secret: str) -> bytes:
        """The secret as it may lie in a database; moved under another name it cannot be read."""
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, secret.encode(), name.encode())

    def unlock(self, name: str, kept: bytes) -> str:
        """The secret again. Raises `SecretUnreadableError`."""
        nonce, sealed = kept[1 : 1 + NONCE_BYTES], kept[1 + NONCE_BYTES :]
        try:
            if kept[:1] != VERSION:
                raise InvalidTag
            return self._cipher.decrypt(nonce, sealed, name.encode()).decode()
        except (InvalidTag, ValueError):
            raise SecretUnreadableError(
                f"The stored {name.upper()} was encrypted by another key. Give all processes the same "
                "CHAT_SETTINGS_KEY (or file chat-settings-key), or enter it again."
            ) from None
