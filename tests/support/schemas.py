"""Building an MCP server is mostly working out the schemas of its tools: once for a worker is enough."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from inspect import unwrap
from types import CodeType
from typing import Any

import pytest
from fastmcp.tools.function_parsing import ParsedFunction


@contextmanager
def tools_parsed_once() -> Generator[None]:
    """While in the block a tool whose code was seen before gets a copy of the schemas found then."""
    seen: dict[CodeType, ParsedFunction] = {}
    parse = ParsedFunction.from_function

    def parse_once(fn: Callable[..., Any], **options: Any) -> ParsedFunction:
        code = unwrap(fn).__code__
        if code not in seen:
            parsed = parse(fn, **options)
            if parsed.fn is not fn or options:
                return parsed
            seen[code] = parsed
        return replace(deepcopy(replace(seen[code], fn=len)), fn=fn)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ParsedFunction, "from_function", parse_once)
        yield
