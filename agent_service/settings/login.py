"""Settings of how users log in."""

from typing import Literal

from pydantic import Field, SecretStr

from database.settings import CommaList, ProgramSettings


class LoginSettings(ProgramSettings):
    """The login by which users are told apart, and who of them is an administrator."""

    agent_service_auth: Literal["none", "accounts", "jwt", "proxy"] = Field(
        "none",
        description="How users log in. none: one local user; accounts: people sign in on the page, see "
        "docs/users.md; jwt: signed bearer tokens; proxy: a proxy in front says who it is.",
    )
    agent_service_admins: CommaList = Field(
        [],
        description="Administrators for jwt and proxy, separated by commas. With accounts "
        "`owflex user` says who is one.",
    )
    agent_service_session_idle_hours: int = Field(
        72, ge=1, le=8784, description="With accounts: hours without a request after which a sign-in ends."
    )
    agent_service_session_days: int = Field(
        30, ge=1, le=366, description="With accounts: days after which people sign in again in any case."
    )
    agent_service_second_factor: Literal["off", "administrators", "everyone"] = Field(
        "off",
        description="With accounts: who must have a second factor. Whoever signs in by a password and has "
        "none sets it up first; nothing else is open before.",
    )
    oidc_issuer: str | None = Field(
        None,
        description="With accounts: an OpenID Connect provider by which people sign in, too; its issuer, "
        "e.g. https://login.example/realms/us.",
    )
    oidc_client_id: str | None = Field(None, description="What the provider calls this chat.")
    oidc_client_secret: SecretStr | None = Field(
        None, description="The chat's secret at the provider. Default: a public client, with PKCE alone."
    )
    oidc_name: str | None = Field(
        None, description="Name of the provider on its button. Default: the host of OIDC_ISSUER."
    )
    oidc_scope: str = Field("openid profile email", description="What the provider is asked for.")
    oidc_groups_claim: str | None = Field(
        None, description="Claim with a person's groups, e.g. groups. Default: none are taken from there."
    )
    agent_service_jwt_issuer: str | None = Field(None, description="Issuer (`iss`) of the tokens, for jwt.")
    agent_service_jwt_audience: str | None = Field(
        None, description="Audience (`aud`) that the tokens must name, for jwt."
    )
    agent_service_jwt_jwks_url: str | None = Field(
        None, description="Address of the issuer's public keys (JWKS; RS256 or ES256); https:// unless local."
    )
    agent_service_jwt_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Instead of public keys: a shared key (HS256) of 32 characters or more.",
    )
    agent_service_jwt_max_hours: int = Field(
        24,
        ge=1,
        le=8784,
        description="For how many hours a token may still be good; one that ends later is refused.",
    )
    agent_service_proxy_header: str = Field(
        "X-Forwarded-User", min_length=1, description="Header with the user's name, for proxy."
    )
    agent_service_proxy_addresses: CommaList = Field(
        [],
        description="Addresses or networks of proxies in front, separated by commas, e.g. 10.1.0.0/24. Only "
        "from these AGENT_SERVICE_PROXY_HEADER is trusted, and X-Forwarded-For for limits by address "
        "and audits.",
    )
