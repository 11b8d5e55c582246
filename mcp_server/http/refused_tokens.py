"""What the bearer of a token that is not good is told: what can be done, the same for everybody."""

import json

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Which of them it is the answer does not say: else strangers would learn which keys and people there are.
SENTENCE = (
    "This token is not good: it is unknown, has expired or was taken back, or whom it was made for may not "
    "come in now. Connect a client that was let in on a page anew. For a key ask whoever runs OwFlex: owflex "
    "token list shows its state, owflex token create makes a new one, owflex user enable lets a person in."
)
MARK = 'error="invalid_token"'


class RefusedTokens:
    """An ASGI app that says, instead of the library's sentence, what can be done about a refused token."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        body = json.dumps({"error": "invalid_token", "error_description": SENTENCE}).encode()
        is_refused = False

        async def sent(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start" and message["status"] == 401:
                headers = MutableHeaders(raw=list(message["headers"]))
                challenge = headers.get("www-authenticate", "")
                if is_refused := MARK in challenge:
                    headers["www-authenticate"] = _with_sentence(challenge)
                    headers["content-length"] = str(len(body))
                    message = {**message, "headers": headers.raw}
            elif is_refused:
                message = {"type": "http.response.body", "body": body}
            await send(message)

        await self._app(scope, receive, sent)


def _with_sentence(challenge: str) -> str:
    """The challenge with our description; scopes and the place to log in stay."""
    before, described, after = challenge.partition('error_description="')
    rest = after.partition('"')[2]
    return f'{before}{described}{SENTENCE}"{rest}' if described else challenge
