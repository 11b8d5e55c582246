"""Where a client may be sent back to: https, this machine, or an app of its own; and nowhere else."""

from urllib.parse import SplitResult, urlsplit

from pydantic import AnyUrl

from database.process import is_loopback

MAX_URI_CHARACTERS = 500
# What browsers and systems themselves do something with; an app's scheme is none of these.
NOT_OF_APPS = frozenset(
    {
        *("about", "blob", "chrome", "chrome-extension", "content", "data", "feed", "file", "filesystem"),
        *("ftp", "ftps", "gopher", "http", "https", "imap", "intent", "irc", "jar", "javascript", "ldap"),
        *("livescript", "magnet", "mailto", "mocha", "moz-extension", "ms-settings", "news", "nntp"),
        *("resource", "rtsp", "search-ms", "sftp", "shell", "sip", "sips", "smb", "sms", "ssh", "tel"),
        *("telnet", "urn", "vbscript", "view-source", "vnc", "ws", "wss", "wyciwyg", "xmpp"),
    }
)
# Windows opens its own programs by such schemes: ms-word: with a file from anywhere.
OF_WINDOWS = "ms-"
# The host stands in the policy of the page for consent, where these have a meaning.
MARKS_OF_POLICIES = ";,"


def may_be_redirected_to(uri: str) -> bool:
    """Whether clients may register this URI: exact, without user, fragment or pattern (RFC 8252, 7)."""
    if len(uri) > MAX_URI_CHARACTERS or not uri.isprintable() or any(mark in uri for mark in "\\*#<>\"' "):
        return False
    try:
        parts = urlsplit(uri)
        # Reading the port raises ValueError when it is none.
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    match parts.scheme:
        case "https":
            return bool(host) and not any(mark in parts.netloc for mark in MARKS_OF_POLICIES)
        case "http":
            return is_loopback(host)
        case scheme:
            is_of_app = bool(scheme) and scheme not in NOT_OF_APPS and not scheme.startswith(OF_WINDOWS)
            return is_of_app and bool(parts.netloc or parts.path.strip("/"))


def is_same(registered: AnyUrl, asked: AnyUrl) -> bool:
    """Whether it is the registered URI, letter by letter; on this machine with any port (RFC 8252, 7.3)."""
    if str(registered) == str(asked):
        return True
    ours, theirs = urlsplit(str(registered)), urlsplit(str(asked))
    if not may_be_redirected_to(str(asked)):
        return False
    return ours.scheme == "http" and is_loopback(ours.hostname or "") and _portless(ours) == _portless(theirs)


def host_of(uri: str) -> str:
    """What people are told of where it leads: the host with its port, or the scheme of an app."""
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def _portless(parts: SplitResult) -> tuple[str, str | None, str, str]:
    return parts.scheme, parts.hostname, parts.path, parts.query
