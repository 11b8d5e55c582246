"""What is wrong with the server itself; `mcp_server.tool_errors` are about calls."""


class McpServerError(Exception):
    """Base of every error of the server that is not for its clients."""


class IssuerSettingsError(McpServerError):
    """The settings of the external issuer are incomplete or wrong."""


class ProxySettingsError(McpServerError):
    """The addresses of the proxies in front cannot be read."""


class NoCallerError(McpServerError):
    """A tool was reached without an identity."""
