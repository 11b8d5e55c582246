"""Why a web page could not be fetched."""

from parsing.errors import FileProblemError


class UrlInvalidError(FileProblemError):
    """The address is not one this program fetches; `why` never repeats a password."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url} cannot be fetched: {why}")


class AddressForbiddenError(FileProblemError):
    """The host's name leads only to addresses inside a private network, which are not told to who asks."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} leads to a private address. Allow it with INGEST_ALLOW_PRIVATE_ADDRESSES=true."
        )


class RobotsForbiddenError(FileProblemError):
    """The site's robots.txt does not let this program fetch the page."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url} was not fetched: {why}")


class FetchFailedError(FileProblemError):
    """The page did not come; `why` says so in plain words."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url} could not be fetched: {why}")
        self.why = why


class PageGoneError(FetchFailedError):
    """The server says that there is no such page (404, 410)."""
