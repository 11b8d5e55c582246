"""Settings of what one user may take, and of what there is for all."""

from typing import Self

from pydantic import Field, model_validator

from agent_service.settings.login import LoginSettings

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


class LimitSettings(LoginSettings):
    """The limits; there are others for users whom a login tells apart."""

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

    visitors_per_hour: int = Field(
        60,
        ge=0,
        description="Maximum new visitors an hour that one address may become on sites with a key "
        "(owflex site); 0 sets no limit.",
    )
    visitor_days: int = Field(
        30,
        ge=1,
        le=366,
        description="Days for which a visitor of such a site is known again, and after which a visitor's "
        "chats without use are removed.",
    )

    @model_validator(mode="after")
    def _usual_limits(self) -> Self:
        """What nobody set: where there is no login, all people share what one user may have."""
        usual = USUAL_LIMITS if self.agent_service_auth != "none" else LIMITS_WITHOUT_LOGIN
        for name, value in usual.items():
            if getattr(self, name) is None:
                setattr(self, name, value)
                # Nobody has set it: it may be changed while the chat runs.
                self.model_fields_set.discard(name)
        return self
