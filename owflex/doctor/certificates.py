"""What `owflex doctor` finds out about certificates, by meeting each https address as our clients do."""

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from dotenv import dotenv_values

from agent_service.settings.settings import AgentServiceSettings
from database.settings import ENV_FILE
from mcp_server.settings import McpServerSettings
from owflex.doctor.findings import Finding, bad, fine, unknown, warning

SECONDS = 5
SOON_DAYS = 21
DAY = 86_400

TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")
RENEW = "Renew it, and load it into the proxy that shows it."
# Where docker-compose.yml has the certificate of its proxy.
OF_COMPOSE = Path("secrets/tls.crt")


async def certificate_findings(mcp: McpServerSettings, chat: AgentServiceSettings) -> AsyncIterator[Finding]:
    """A finding for each https address of the settings, and for the certificate of the containers' proxy."""
    addresses = sorted({_host_and_port(url) for url in _addresses(mcp, chat) if url.startswith("https:")})
    has_file = await asyncio.to_thread(OF_COMPOSE.exists)
    if not addresses and not has_file:
        return
    try:
        trusted = httpx2.create_ssl_context()
    except OSError as error:
        names = " and ".join(name for name in TRUST if os.environ.get(name)) or "SSL_CERT_FILE"
        sentence = f"They cannot be read ({error.strerror or type(error).__name__})."
        yield bad("trusted certificates", sentence, f"Correct {names}, or take it out of the environment.")
        return
    for host, port in addresses:
        yield await _met(host, port, trusted)
    if has_file:
        yield _in_file(OF_COMPOSE, OF_COMPOSE.with_suffix(".key"), trusted)


def _addresses(mcp: McpServerSettings, chat: AgentServiceSettings) -> Iterable[str]:
    given = (
        chat.agent_service_jwt_jwks_url,
        chat.agent_service_public_url,
        chat.mcp_server_url,
        chat.openai_base_url,
        chat.transcription_base_url,
        mcp.mcp_auth_jwks_url,
        mcp.mcp_auth_issuer,
        mcp.mcp_public_url,
    )
    return [url for url in given if url]


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 443


async def _met(host: str, port: int, trusted: ssl.SSLContext) -> Finding:
    """What a client learns of the certificate at an address."""
    name = f"certificate {host}:{port}"
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=trusted)
    except ssl.SSLCertVerificationError as error:
        return _refused(name, error, f"{host}:{port}")
    except ssl.SSLError as error:
        sentence = f"{host}:{port} does not speak TLS ({error.reason or 'no handshake'})."
        return bad(name, sentence, "Correct the address, or let the proxy serve https there.")
    except (OSError, TimeoutError):
        return unknown(name, f"{host}:{port} cannot be reached from here, so its certificate was not seen.")
    try:
        end = _end_of(writer.get_extra_info("ssl_object"))
    finally:
        writer.transport.abort()
    return _by_end(name, f"The certificate of {host}:{port}", end)


def _in_file(certificate: Path, key: Path, trusted: ssl.SSLContext) -> Finding:
    """What a client would say of the certificate in a file, for the name under which people come."""
    name, host = f"certificate {certificate}", _public_host()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        server.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        return bad(
            name,
            f"{certificate} and {key} cannot be used ({reason}).",
            "Put the certificate with its chain into the one, its key without a password into the other.",
        )
    try:
        end = _shaken_hands(server, trusted, host)
    except ssl.SSLCertVerificationError as error:
        return _refused(name, error, host)
    return _by_end(name, f"{certificate}", end)


def _public_host() -> str:
    values = {**dotenv_values(ENV_FILE, interpolate=False), **os.environ}
    return values.get("PUBLIC_HOST") or "localhost"


def _shaken_hands(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> float:
    """Let a client meet a server in memory; when its certificate ends. Raises `ssl.SSLError`."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=host)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    while True:
        try:
            one.do_handshake()
        except ssl.SSLWantReadError:
            try:
                other.do_handshake()
            except ssl.SSLWantReadError:
                continue
        else:
            return _end_of(one)


def _end_of(met: ssl.SSLObject) -> float:
    said = met.getpeercert() or {}
    return ssl.cert_time_to_seconds(str(said["notAfter"]))


def _by_end(name: str, what: str, end: float) -> Finding:
    days = int((end - time.time()) // DAY)
    if days < SOON_DAYS:
        return warning(name, f"{what} ends in {days} days.", RENEW)
    return fine(name, f"{what} is good for {days} days more.")


def _refused(name: str, error: ssl.SSLCertVerificationError, host: str) -> Finding:
    match error.verify_code:
        case 10:
            return bad(name, f"The certificate of {host} has ended.", RENEW)
        case 9:
            return bad(name, f"The certificate of {host} is not good yet.", "Set the clock that is wrong.")
        case 62 | 64:
            cure = "Get one with this name in it, or correct the address in the settings."
            return bad(name, f"The certificate of {host} is for another name.", cure)
        case _:
            return bad(
                name,
                f"The certificate of {host} is not believed ({error.verify_message}).",
                "Let the proxy show the whole chain, or name the certificates of your own authority in "
                "SSL_CERT_FILE.",
            )
