"""Fixtures of the conformance suite that ask the client back before they answer (revision 2026-07-28)."""

from collections.abc import Mapping
from typing import Any

from fastmcp import FastMCP
from fastmcp.server.context import Context
from mcp_types import (
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
)

Asked = InputRequiredResult | str


def add_asking_fixtures(server: FastMCP) -> None:
    """Give the server the tools and the prompt that need input from the client."""
    for tool in TOOLS:
        server.tool(tool, output_schema=None)
    server.prompt(test_input_required_result_prompt)


def _form(message: str, field: str, kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(text: str, most: int) -> CreateMessageRequest:
    messages = [SamplingMessage(role="user", content=TextContent(type="text", text=text))]
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=messages, max_tokens=most))


def _answers(ctx: Context) -> Mapping[str, Any]:
    return ctx.input_responses or {}


def _filled_in(ctx: Context, key: str, field: str) -> object:
    """What the user wrote into a field, or None where it must be asked for."""
    answer = _answers(ctx).get(key)
    if not isinstance(answer, ElicitResult) or answer.action != "accept":
        return None
    return (answer.content or {}).get(field)


async def test_input_required_result_elicitation(ctx: Context) -> Asked:
    """Greets the user, whose name it asks for."""
    name = _filled_in(ctx, "user_name", "name")
    if isinstance(name, str):
        return f"Hello, {name}!"
    return InputRequiredResult(input_requests={"user_name": _form("What is your name?", "name")})


async def test_input_required_result_sampling(ctx: Context) -> Asked:
    """Repeats what the client's model says."""
    answer = _answers(ctx).get("capital_question")
    if isinstance(answer, CreateMessageResult):
        return f"The model says: {answer.content}"
    question = _sample("What is the capital of France?", 100)
    return InputRequiredResult(input_requests={"capital_question": question})


async def test_input_required_result_list_roots(ctx: Context) -> Asked:
    """Repeats the roots of the client."""
    answer = _answers(ctx).get("client_roots")
    if isinstance(answer, ListRootsResult):
        return "Roots: " + ", ".join(str(root.uri) for root in answer.roots)
    return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})


async def test_input_required_result_request_state(ctx: Context) -> Asked:
    """Checks that its state comes back."""
    if ctx.request_state == "asked" and _filled_in(ctx, "confirm", "ok") is not None:
        return "state-ok"
    form = _form("Please confirm", "ok", "boolean")
    return InputRequiredResult(input_requests={"confirm": form}, request_state="asked")


async def test_input_required_result_multiple_inputs(ctx: Context) -> Asked:
    """Asks for three things at once."""
    if set(_answers(ctx)) >= {"user_name", "greeting", "client_roots"} and ctx.request_state == "three":
        return "All three answers are here."
    return InputRequiredResult(
        input_requests={
            "user_name": _form("What is your name?", "name"),
            "greeting": _sample("Generate a greeting", 50),
            "client_roots": ListRootsRequest(),
        },
        request_state="three",
    )


async def test_input_required_result_multi_round(ctx: Context) -> Asked:
    """Asks twice, one after the other."""
    colour = _filled_in(ctx, "step2", "color")
    if ctx.request_state is not None and ctx.request_state.startswith("2:") and colour is not None:
        return f"{ctx.request_state[2:]} likes {colour}."
    name = _filled_in(ctx, "step1", "name")
    if ctx.request_state == "1" and name is not None:
        form = _form("Step 2: What is your favorite color?", "color")
        return InputRequiredResult(input_requests={"step2": form}, request_state=f"2:{name}")
    form = _form("Step 1: What is your name?", "name")
    return InputRequiredResult(input_requests={"step1": form}, request_state="1")


async def test_input_required_result_tampered_state(ctx: Context) -> Asked:
    """Has a state that nobody may change."""
    if ctx.request_state == "sealed":
        return "The state is whole."
    form = _form("Please confirm", "ok", "boolean")
    return InputRequiredResult(input_requests={"confirm": form}, request_state="sealed")


async def test_input_required_result_capabilities(ctx: Context) -> Asked:
    """Asks only for what the client can do."""
    capabilities = ctx.session.client_capabilities
    requests: dict[str, Any] = {}
    if capabilities is not None and capabilities.sampling is not None:
        requests["greeting"] = _sample("Generate a greeting", 50)
    if capabilities is not None and capabilities.elicitation is not None:
        requests["user_name"] = _form("What is your name?", "name")
    if not requests or _answers(ctx):
        return "Nothing more is needed."
    return InputRequiredResult(input_requests=requests)


TOOLS = (
    test_input_required_result_elicitation,
    test_input_required_result_sampling,
    test_input_required_result_list_roots,
    test_input_required_result_request_state,
    test_input_required_result_multiple_inputs,
    test_input_required_result_multi_round,
    test_input_required_result_tampered_state,
    test_input_required_result_capabilities,
)


async def test_input_required_result_prompt(ctx: Context) -> Asked:
    """A prompt about what the user wants."""
    context = _filled_in(ctx, "user_context", "context")
    if context is not None:
        return f"Answer in this context: {context}"
    form = _form("What context should the prompt use?", "context")
    return InputRequiredResult(input_requests={"user_context": form})
