"""Which pages are ours: those of the public address by their scheme, too."""

import pytest

from serving.origins import is_own_page, origin_of

PUBLIC = "https://chat.example"


@pytest.mark.parametrize(
    ("origin", "host", "public_url", "is_ours"),
    [
        ("https://chat.example", "chat.example", PUBLIC, True),
        ("https://chat.example:443", "chat.example", PUBLIC, True),
        ("https://CHAT.example", "chat.example", f"{PUBLIC}/owflex", True),
        # The proxy asks under a name of its own.
        ("https://chat.example", "10.1.0.5:8000", PUBLIC, True),
        ("http://chat.example", "chat.example", PUBLIC, False),
        ("http://chat.example:443", "chat.example:443", PUBLIC, False),
        ("https://chat.example", "chat.example", "http://chat.example", False),
        ("https://chat.example:8443", "chat.example", PUBLIC, False),
        ("https://chat.example.evil", "chat.example", PUBLIC, False),
        # Under another name than the public one, and where none is known.
        ("http://127.0.0.1:8000", "127.0.0.1:8000", PUBLIC, True),
        ("https://evil.example", "127.0.0.1:8000", PUBLIC, False),
        ("http://chat.example", "chat.example", None, True),
        ("https://chat.example", "chat.example", None, True),
        ("https://chat.example", "other.example", None, False),
        *(
            (origin, "chat.example", PUBLIC, False)
            for origin in ("null", "", "https://[", "https://a:x", "//")
        ),
        ("null", "", None, False),
        ("https://", "", None, False),
    ],
)
def test_whether_a_page_is_ours(origin: str, host: str, public_url: str | None, is_ours: bool) -> None:
    assert is_own_page(origin, host, public_url) is is_ours


def test_an_origin_has_the_port_that_its_scheme_means() -> None:
    assert origin_of("https://kb.example/mcp") == ("https", "kb.example", 443)
    assert origin_of("ftp://kb.example") is None
