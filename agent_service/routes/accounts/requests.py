"""What is sent by the pages of accounts, bounded and checked."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.requests import Request

from agent_service.accounts.secrets import MAX_TOKEN_CHARACTERS
from agent_service.errors import RequestRefusedError
from agent_service.http.bodies import demand_json, read_body

MAX_BODY_BYTES = 16_384
Password = Annotated[str, StringConstraints(max_length=1000)]
Name = Annotated[str, StringConstraints(max_length=200)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TOKEN_CHARACTERS)]
Code = Annotated[str, StringConstraints(max_length=100)]
Sent = TypeVar("Sent", bound=BaseModel)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_Body):
    """The body of `POST /sign-in`."""

    name: Name
    password: Password


class ProviderStart(_Body):
    """The body of `POST /sign-in/provider`: the page to come back to."""

    next: Annotated[str, StringConstraints(max_length=2000)] = ""


class LinkLook(_Body):
    """The body of `POST /invitation/look`."""

    token: Token


class LinkUse(_Body):
    """The body of `POST /invitation`; the name is that of the first administrator."""

    token: Token
    password: Password
    name: Name = ""


class PasswordChange(_Body):
    """The body of `POST /account/password`."""

    current: Password
    new: Password


class CodeSent(_Body):
    """The body of `POST /sign-in/code` and `POST /account/second-factor/confirm`."""

    code: Code


class PasswordSent(_Body):
    """The body of `POST /account/second-factor`."""

    password: Password


class PasswordAndCode(_Body):
    """The body of `POST /account/second-factor/codes` and `POST /account/second-factor/off`."""

    password: Password
    code: Code


class SessionsEnd(_Body):
    """The body of `POST /account/sessions/end`; without an id all but this one end."""

    id: int | None = None


async def read(request: Request, kind: type[Sent]) -> Sent:
    """The body as what it should be. Raises `RequestRefusedError`."""
    demand_json(request)
    try:
        return kind.model_validate_json(await read_body(request, MAX_BODY_BYTES))
    except ValidationError:
        raise RequestRefusedError("accounts.wrong_request") from None
