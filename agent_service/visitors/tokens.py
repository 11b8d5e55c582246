"""Tokens of visitors: each is a random identity on one site, signed by the service, and ends by itself."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

import jwt
from pydantic import SecretStr

from agent_service.visitors.sites import Site

# No other token begins so: what begins so is never taken for a login.
PREFIX = "visitor."
# Under these names the state of a request has who visits, and that its origin was compared with the site's.
VISITOR = "visitor"
FROM_A_SITE = "from_a_site"
ISSUER = "owflex-visitors"
RANDOM_CHARACTERS = 32
SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Visitor:
    """Somebody on a site, without a name."""

    user_id: str
    site: Site


@dataclass(frozen=True)
class VisitorTokens:
    """Signs tokens that are good for so many days, and reads them."""

    key: SecretStr
    days: int

    @property
    def seconds(self) -> int:
        """For how long a new token is good."""
        return self.days * SECONDS_A_DAY

    def make(self, site: Site) -> str:
        """A token for a visitor who is new."""
        claims = {
            "iss": ISSUER,
            "sub": secrets.token_hex(RANDOM_CHARACTERS // 2),
            "site": site.site_id,
            "exp": int(time.time()) + self.seconds,
        }
        return PREFIX + jwt.encode(claims, self.key.get_secret_value(), algorithm="HS256")

    def read(self, token: str, sites: Sequence[Site]) -> Visitor | None:
        """Whose token it is; None when it is not ours, has ended, or its site is not among these."""
        if not token.startswith(PREFIX):
            return None
        try:
            claims = jwt.decode(
                token.removeprefix(PREFIX),
                self.key.get_secret_value(),
                algorithms=["HS256"],
                issuer=ISSUER,
                options={"require": ["exp", "iss", "sub", "site"]},
            )
        except jwt.PyJWTError:
            return None
        site = next((site for site in sites if site.site_id == claims["site"]), None)
        return None if site is None else Visitor(f"visitor:{site.name}:{claims['sub']}", site)
