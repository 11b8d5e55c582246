"""Whose certificates clients of ours believe, read once: that takes longer than all else they do."""

import ssl
from functools import lru_cache

import httpx2


def certificates_for(url: str) -> ssl.SSLContext:
    """What a client of this address needs to tell whom it speaks to."""
    return _certificates() if url.lower().startswith("https:") else _no_certificates()


@lru_cache
def _certificates() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


@lru_cache
def _no_certificates() -> ssl.SSLContext:
    """Believes nobody, and needs no file for that: for addresses that are not encrypted."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
