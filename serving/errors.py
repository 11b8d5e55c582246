"""Why a server cannot start; each message says what to do about it."""


class ServingError(Exception):
    """Base of every error this package raises."""


class UnsafeBindError(ServingError):
    """The server would be reachable from other machines, and nothing guards it."""


class TelemetryMissingError(ServingError):
    """A collector is configured, but the packages that send to it are not installed."""
