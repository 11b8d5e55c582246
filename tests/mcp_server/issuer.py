"""An identity provider in small: its keys, the tokens it signs, and some that it did not sign."""

import base64
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from starlette.requests import Request
from starlette.responses import Response

ISSUER = "https://login.example/realms/main"
PUBLIC_URL = "https://kb.example"
AUDIENCE = f"{PUBLIC_URL}/mcp"
SIGNING_KEY = "a-signing-key-for-tests-of-some-length"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
FOREIGN_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def claims_of(subject: str = "ann", **claims: object) -> dict[str, Any]:
    now = int(time.time())
    payload = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300}
    payload |= {"scope": "openid kb:read tasks"} | claims
    return {name: value for name, value in payload.items() if value is not None}


def token_of(subject: str = "ann", **claims: object) -> str:
    """A token as the issuer makes it; a claim of None is left out."""
    return jwt.encode(claims_of(subject, **claims), RSA_KEY, "RS256", {"kid": "rsa"})


def _signed_with_the_public_key() -> str:
    """The attack that takes a public key for a shared secret; PyJWT refuses to help with it."""
    parts = [{"alg": "HS256", "kid": "rsa"}, claims_of()]
    signed = b".".join(_base64(json.dumps(part).encode()) for part in parts)
    return b".".join([signed, _base64(hmac.digest(PUBLIC_PEM, signed, "sha256"))]).decode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@dataclass
class KeySet:
    """What the issuer publishes, and how often it was asked for it."""

    answer: Response = field(default_factory=lambda: Response(_keys(), media_type="application/json"))
    asked: int = 0

    async def __call__(self, request: Request) -> Response:
        self.asked += 1
        return self.answer


def _keys() -> str:
    of_rsa = RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True)
    of_ec = ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True)
    return json.dumps({"keys": [of_rsa | {"kid": "rsa"}, of_ec | {"kid": "ec"}]})


BAD_SIGNATURES = {
    "foreign key": jwt.encode(claims_of(), FOREIGN_KEY, "RS256", {"kid": "rsa"}),
    "unknown key id": jwt.encode(claims_of(), FOREIGN_KEY, "RS256", {"kid": "unknown"}),
    "other algorithm": jwt.encode(claims_of(), RSA_KEY, "RS512", {"kid": "rsa"}),
    "key of the other kind": jwt.encode(claims_of(), RSA_KEY, "RS256", {"kid": "ec"}),
    "not signed": jwt.encode(claims_of(), "", "none"),
    "signed with our key": jwt.encode(claims_of(), SIGNING_KEY, "HS256"),
    "signed with the public key": _signed_with_the_public_key(),
    "no token": "not.a.token",
    "empty token": "e30.e30.e30",
}
