"""Calls are understood as clients make them; what stays wrong is said in plain words."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pydantic
from fastmcp.exceptions import ValidationError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import Tool, ToolResult
from mcp import MCPError
from mcp.server.context import CallNext as NextHandler
from mcp.server.context import HandlerResult, ServerRequestContext
from mcp_types import INVALID_PARAMS, CallToolRequestParams

from mcp_server.calls import argument_words
from mcp_server.calls.given_arguments import json_in, understood
from mcp_server.tool_errors import InvalidArgumentsError

MAX_NAME_CHARACTERS = 2_000
NO_OBJECT = 'arguments: must be an object with the arguments by name, such as {"query": "vacation"}.'


class ToleratedCalls(Middleware):
    """Brings arguments to the form that the tool's schema asks for; those it does not have are left out.

    With `refuse_unknown` such a call is refused instead.
    """

    def __init__(self, *, refuse_unknown: bool) -> None:
        self._refuse_unknown = refuse_unknown
        self._tools: dict[str, Tool] = {}

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, Any],
    ) -> Any:
        """The tool's result, with a note about what was left out. Raises `InvalidArgumentsError`."""
        tool = await self._tool(context)
        if tool is None:
            return await call_next(context)
        changes = not (tool.annotations and tool.annotations.read_only_hint)
        call = understood(context.message.arguments or {}, tool.parameters, changes=changes)
        if call.unknown and self._refuse_unknown:
            raise _refused(argument_words.unknown(call.unknown, tool.parameters))
        note = argument_words.ignored(call.unknown) if call.unknown else ""
        message = context.message.model_copy(update={"arguments": call.arguments})
        try:
            result = await call_next(context.copy(message=message))
        except InvalidArgumentsError as error:
            raise _refused(f"{error} {note}".rstrip()) from None
        except ValidationError as error:
            if not isinstance(error.__cause__, pydantic.ValidationError):
                raise
            sentence = argument_words.invalid(error.__cause__, tool.parameters)
            raise _refused(f"{sentence}. {note}".rstrip() if note else sentence) from None
        return _with_note(result, note) if note else result

    async def _tool(self, context: MiddlewareContext[CallToolRequestParams]) -> Tool | None:
        """The tool that is called, or None for a name that the caller cannot use."""
        name = context.message.name
        if name not in self._tools and context.fastmcp_context is not None:
            tool = await context.fastmcp_context.fastmcp.get_tool(name)
            if tool is None:
                return None
            self._tools[name] = tool
        return self._tools.get(name)


async def whole_arguments(ctx: ServerRequestContext[Any, Any], call_next: NextHandler) -> HandlerResult:
    """Arguments that came as one JSON text become an object, before the protocol would refuse them.

    Raises `MCPError` for what holds none.
    """
    _check_names(ctx.params or {})
    given = (ctx.params or {}).get("arguments")
    if ctx.method == "tools/call" and given is not None and not isinstance(given, Mapping):
        ctx = replace(ctx, params={**(ctx.params or {}), "arguments": _object_in(given)})
    return await call_next(ctx)


def _check_names(params: Mapping[str, Any]) -> None:
    """What nothing here is called goes no further: into logs, traces and answers that repeat it."""
    for field in ("name", "uri"):
        name = params.get(field)
        if isinstance(name, str) and len(name) > MAX_NAME_CHARACTERS:
            raise MCPError(INVALID_PARAMS, f"{field}: must have at most {MAX_NAME_CHARACTERS} characters.")


def _object_in(given: Any) -> Mapping[str, Any]:
    held = json_in(given) if isinstance(given, str) else given
    if isinstance(held, Mapping):
        return cast("Mapping[str, Any]", held)
    # Languages without objects write an empty one as an empty list.
    if held == [] or (isinstance(given, str) and given.strip() in ("", "null")):
        return {}
    raise MCPError(INVALID_PARAMS, NO_OBJECT)


def _with_note(result: Any, note: str) -> Any:
    if not isinstance(result, ToolResult) or result.structured_content is None:
        return result
    return ToolResult(structured_content=result.structured_content | {"note": note}, meta=result.meta)


def _refused(sentence: str) -> InvalidArgumentsError:
    return InvalidArgumentsError(sentence, log_level=logging.INFO)
