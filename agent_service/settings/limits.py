"""Settings of what one user may take, and of what there is for all."""

from typing import Literal, Self

from pydantic import Field, model_validator

from database.settings import ProgramSettings

USUAL_LIMITS = {
    "chat_rate_limit_per_minute": 60,
    "chat_answers_at_once": 8,
    "chat_requests_per_minute": 600,
    "chat_requests_at_once": 50,
}
LIMITS_WITHOUT_LOGIN = {
    "chat_rate_limit_per_minute": 600,
    "chat_answers_at_once": 40,
    "chat_requests_per_minute": 6000,
    "chat_requests_at_once": 500,
}


class LimitSettings(ProgramSettings):
    """The limits, and the login by which users are told apart."""

    agent_service_auth: Literal["none", "jwt", "proxy"] = Field(
        "none",
        description="How users log in. none: one local user; jwt: signed bearer tokens; "
        "proxy: a proxy in front says who it is.",
    )
    agent_service_max_connections: int = Field(
        1000,
        ge=10,
        description="Maximum number of connections. For a further one the longest idle one is closed; "
        "without such it is answered with 503.",
    )
    chat_rate_limit_per_minute: int | None = Field(
        None,
        ge=0,
        description="Maximum messages a minute for each user; 0 sets no limit. "
        "Default: 60; without a login, where all are one user, 600.",
    )
    chat_answers_at_once: int | None = Field(
        None,
        ge=0,
        description="Maximum answers that are written for one user at once; further messages wait for "
        "TURN_WAIT_SECONDS and are then refused; 0 sets no limit. Default: 8; without a login 40.",
    )
    chat_requests_per_minute: int | None = Field(
        None,
        ge=0,
        description="Maximum requests of any kind a minute for each user, and without a login for each "
        "address; 0 sets no limit. Default: 600; without a login 6000.",
    )
    chat_requests_at_once: int | None = Field(
        None,
        ge=0,
        description="Maximum requests that one user, and without a login one address, may have open at "
        "once; 0 sets no limit. Default: 50; without a login 500.",
    )
    chat_uploads_per_hour: int = Field(
        300,
        ge=0,
        description="Maximum files an hour that each user may announce or upload, and as many recordings; "
        "0 sets no limit.",
    )
    chat_upload_mb_per_hour: int = Field(
        2000, ge=0, description="Maximum megabytes an hour of these uploads for each user; 0 sets no limit."
    )

    @model_validator(mode="after")
    def _usual_limits(self) -> Self:
        """What nobody set: where there is no login, all people share what one user may have."""
        usual = USUAL_LIMITS if self.agent_service_auth != "none" else LIMITS_WITHOUT_LOGIN
        for name, value in usual.items():
            if getattr(self, name) is None:
                setattr(self, name, value)
        return self
