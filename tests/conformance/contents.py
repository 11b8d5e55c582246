"""Fixtures of the conformance suite: tools, resources and prompts that answer with fixed contents."""

import asyncio
import base64
import io
import json
import wave
from typing import Any

import mcp_types
from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.prompts import Message
from fastmcp.server.context import Context
from fastmcp.tools import FunctionTool
from mcp.shared.exceptions import MCPError
from mcp_types import AudioContent, EmbeddedResource, ImageContent, TextContent, TextResourceContents
from PIL import Image

Content = TextContent | ImageContent | AudioContent | EmbeddedResource


def add_content_fixtures(server: FastMCP) -> None:
    """Give the server everything the suite calls by name and that answers at once."""
    for tool in TOOLS:
        # Some answer with several kinds of content, which no output schema describes.
        server.tool(tool, output_schema=None)
    server.add_tool(_tool_with_wide_schema())
    _add_resources(server)
    for prompt in PROMPTS:
        server.prompt(prompt)
    server.completion(complete)


def red_dot() -> bytes:
    """A PNG of one pixel."""
    file = io.BytesIO()
    Image.new("RGB", (1, 1), "red").save(file, "PNG")
    return file.getvalue()


def short_silence() -> bytes:
    """A WAV file with a few silent samples."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16))
    return file.getvalue()


def _in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _image() -> ImageContent:
    return ImageContent(type="image", data=_in_base64(red_dot()), mime_type="image/png")


def _embedded(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    contents = TextResourceContents(uri=uri, mime_type=mime_type, text=text)
    return EmbeddedResource(type="resource", resource=contents)


async def test_simple_text() -> str:
    """One text."""
    return "This is a simple text response for testing."


async def test_image_content() -> list[Content]:
    """One image."""
    return [_image()]


async def test_audio_content() -> list[Content]:
    """One sound."""
    return [AudioContent(type="audio", data=_in_base64(short_silence()), mime_type="audio/wav")]


async def test_embedded_resource() -> list[Content]:
    """One resource inside the answer."""
    return [_embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")]


async def test_multiple_content_types() -> list[Content]:
    """A text, an image and a resource."""
    data = json.dumps({"test": "data", "value": 123})
    return [
        TextContent(type="text", text="Multiple content types test:"),
        _image(),
        _embedded("test://mixed-content-resource", "application/json", data),
    ]


async def test_error_handling() -> str:
    """Always fails."""
    raise ToolError("This tool intentionally returns an error for testing")


async def test_tool_with_logging(ctx: Context) -> str:
    """Three log messages, with pauses so that each goes out by itself."""
    for message in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.info(message)
        await asyncio.sleep(0.05)
    return "Three messages were logged."


async def test_tool_with_progress(ctx: Context) -> str:
    """Three reports of progress, with pauses so that each goes out by itself."""
    for done in (0, 50, 100):
        await ctx.report_progress(done, 100)
        await asyncio.sleep(0.05)
    return "All is done."


async def test_missing_capability(ctx: Context) -> str:
    """Works only with a client that can sample."""
    capabilities = ctx.session.client_capabilities
    if capabilities is None or capabilities.sampling is None:
        raise MCPError(
            mcp_types.MISSING_REQUIRED_CLIENT_CAPABILITY,
            "This tool needs a client that can sample.",
            {"requiredCapabilities": {"sampling": {}}},
        )
    return "The client can sample."


TOOLS = (
    test_simple_text,
    test_image_content,
    test_audio_content,
    test_embedded_resource,
    test_multiple_content_types,
    test_error_handling,
    test_tool_with_logging,
    test_tool_with_progress,
    test_missing_capability,
)


def _tool_with_wide_schema() -> FunctionTool:
    async def answer(**arguments: Any) -> str:
        return json.dumps(sorted(arguments))

    return FunctionTool(
        fn=answer,
        name="json_schema_2020_12_tool",
        description="Its schema uses the wider vocabulary of JSON Schema 2020-12.",
        parameters=WIDE_SCHEMA,
    )


WIDE_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def _add_resources(server: FastMCP) -> None:
    @server.resource("test://static-text", mime_type="text/plain", description="A text.")
    async def static_text() -> str:  # pyright: ignore[reportUnusedFunction]
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png", description="An image.")
    async def static_binary() -> bytes:  # pyright: ignore[reportUnusedFunction]
        return red_dot()

    @server.resource("test://template/{id}/data", mime_type="application/json", description="Any number.")
    async def numbered(id: str) -> str:  # pyright: ignore[reportUnusedFunction]
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


async def test_simple_prompt() -> str:
    """A fixed prompt."""
    return "This is a simple prompt for testing."


async def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    """A prompt that repeats its arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


async def test_prompt_with_embedded_resource(resourceUri: str) -> list[Message]:  # noqa: N803
    """A prompt with a resource inside."""
    resource = _embedded(resourceUri, "text/plain", "Embedded resource content for testing.")
    return [Message(resource), Message("Please process the embedded resource above.")]


async def test_prompt_with_image() -> list[Message]:
    """A prompt with an image."""
    return [Message(_image()), Message("Please analyze the image above.")]


PROMPTS = (
    test_simple_prompt,
    test_prompt_with_arguments,
    test_prompt_with_embedded_resource,
    test_prompt_with_image,
)


async def complete(
    reference: mcp_types.PromptReference | mcp_types.ResourceTemplateReference,
    argument: mcp_types.CompletionArgument,
    context: mcp_types.CompletionContext | None,
) -> list[str]:
    """Cities that begin with what was typed."""
    return [city for city in ("paris", "parma", "oslo") if city.startswith(argument.value)]
