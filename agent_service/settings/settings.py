"""Settings of the agent service."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from agent_service.settings.limits import LimitSettings
from agent_service.settings.other_servers import OtherServers
from agent_service.settings.page import STANDARD_PROMPTS, Greetings, Prompts
from agent_service.settings.system_prompt import read_prompt
from agent_service.settings.urls import HeaderNames, HttpAddress
from database.settings import AddressList, CommaList, Origins

# In the data folder: by it secrets that are entered on the page are encrypted.
SETTINGS_KEY_FILE = "chat-settings-key"


class AgentServiceSettings(LimitSettings):
    """Where the chat listens, which model answers and how it reaches the MCP server."""

    chat_database_url: SecretStr | None = Field(
        None,
        description="Postgres (15 or newer) that holds the chats. "
        "Default: the embedded Postgres in the data folder.",
    )
    chat_pool_size: int = Field(16, ge=1, description="Maximum number of connections to the chat database.")
    agent_service_host: str = Field(
        "127.0.0.1",
        description="Address to listen on. Anything but loopback needs AGENT_SERVICE_ALLOW_REMOTE=true.",
    )
    agent_service_port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    agent_service_public_url: HttpAddress | None = Field(
        None,
        description="Address under which browsers reach the service, if a proxy in front changes its path or "
        "name. Default: the one they use.",
    )
    agent_service_allow_remote: bool = Field(
        False,
        description="Listen on an address other machines can reach although AGENT_SERVICE_AUTH is none: "
        "everybody who reaches it is the one local user.",
    )
    agent_service_grace_seconds: int = Field(
        30, ge=1, description="How long running answers may take to finish when the chat is stopped."
    )
    agent_service_metrics_token: SecretStr | None = Field(
        None,
        min_length=32,
        description="Bearer token that /metrics requires. Without one it answers only if the chat listens on "
        "loopback and has no login.",
    )
    chat_tokens_per_day: int = Field(
        0, ge=0, description="Tokens of the language model for each user and day (UTC); 0 sets no limit."
    )
    agent_service_allowed_hosts: AddressList = Field(
        [],
        description="Host names, separated by commas, under which browsers reach the chat besides localhost "
        "(a protection against DNS rebinding).",
    )
    cors_origins: Origins = Field(
        [],
        description="Origins of other web pages that may use the chat, separated by commas, "
        "e.g. https://intranet.example.",
    )
    cors_headers: HeaderNames = Field(
        [],
        description="Further request headers that these pages may send, separated by commas, besides those "
        "of our chat and of OpenAI's component.",
    )
    turn_wait_seconds: float = Field(
        30,
        ge=0,
        le=300,
        description="How long a message waits for the answer that is still being written in its thread.",
    )
    stream_keep_alive_seconds: float = Field(
        15, gt=0, le=300, description="How long a stream may be silent before it shows that it is alive."
    )
    max_request_bytes: int = Field(262_144, ge=1024, description="Largest request body, in bytes.")
    mcp_server_port: int = Field(8001, ge=1, le=65535, description="Port of the MCP server on this machine.")
    mcp_server_url: HttpAddress = Field(
        "",
        description="Address of the MCP server. Default: http://127.0.0.1:MCP_SERVER_PORT/mcp.",
    )
    mcp_oauth: bool = Field(
        False,
        description="Whether MCP clients may connect by the address alone: the server then gives out tokens "
        "itself (OAuth 2.1), and people let clients in on a page of the chat.",
    )
    mcp_signing_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Key with which the agent service signs its users' tokens (32 characters or more, "
        "the same for both). Default: the file mcp-signing-key in the data folder, made at the first start.",
    )
    chat_settings_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Key (32 characters or more) by which keys of providers that administrators enter on the "
        "page, and secrets of second factors, are encrypted; the same for all processes of one chat "
        "database. Default: the file chat-settings-key in the data folder, made at the first start.",
    )
    mcp_connect_timeout_seconds: float = Field(
        5, gt=0, description="Time limit for connecting to the MCP server."
    )
    mcp_session_timeout_seconds: float = Field(15, gt=0, description="Time limit of one tool call.")
    mcp_servers: OtherServers = Field(
        {},
        description="Other MCP servers whose tools the chat may use beside ours: JSON by name, or the path "
        "of a file with it; secrets in it are written as `${NAME}`. See docs/chat.md.",
    )
    openai_api_key: SecretStr | None = Field(
        None, description="Key for OpenAI, or for the server at OPENAI_BASE_URL where that needs one."
    )
    openai_base_url: HttpAddress | None = Field(
        None,
        description="Any OpenAI-compatible server, e.g. http://127.0.0.1:11434/v1 for Ollama. "
        "Needs MODEL_NAME.",
    )
    openrouter_api_key: SecretStr | None = Field(None, description="Key for OpenRouter.")
    gemini_api_key: SecretStr | None = Field(None, description="Key for Gemini.")
    model_name: str | None = Field(
        None,
        description="Name of the language model as its provider calls it. Default: a small, cheap one of the "
        "provider. `extractive` answers by quoting the documents, without a language model.",
    )
    fallback_models: CommaList = Field(
        [],
        description="Models that take over, in this order, when the model fails: provider:name separated by "
        "commas, e.g. openrouter:openai/gpt-4.1-mini, gemini:gemini-2.5-flash, extractive. "
        "Providers: openai, openrouter, gemini, custom (the server at OPENAI_BASE_URL).",
    )
    model_choices: CommaList = Field(
        [],
        description="Models a user may choose from besides MODEL_NAME, separated by commas: provider:name, "
        "or a name of the same provider.",
    )
    long_conversation_model: str | None = Field(
        None,
        description="Model (written as in MODEL_CHOICES) that answers when a conversation is longer than "
        "half of HISTORY_TOKENS and the user chose no other.",
    )
    llm_timeout_seconds: float = Field(
        60, gt=0, description="Longest wait for the language model's next sign of life."
    )
    max_turns: int = Field(
        10, ge=2, le=50, description="Maximum language model calls for one answer, tool calls included."
    )
    system_prompt: str | None = Field(
        None,
        description="Who the assistant is and how it speaks. "
        "The rules about documents, citations and tasks are added to it.",
    )
    system_prompt_file: Path | None = Field(
        None, description="Instead of SYSTEM_PROMPT: a text file (UTF-8, up to 64 kB) that holds it."
    )
    history_limit: int = Field(
        500, ge=2, le=500, description="Newest messages and steps of a thread that the model gets to see."
    )
    history_tokens: int = Field(
        16_000,
        ge=500,
        description="Maximum tokens of a thread that the model gets to see, counted as four characters each; "
        "the newest messages come first, and the newest is never left out.",
    )
    log_format: Literal["text", "json"] = Field("text", description="How the log is written: text or json.")
    log_messages: bool = Field(
        False, description="Write the users' questions to the log. Without it no text of theirs is logged."
    )
    approval_tools: CommaList = Field(
        ["delete_task", "remove_document"],
        description="Tools that always wait for the user's approval, separated by commas; `*` matches "
        "anything, as in delete_*. Other changes wait unless the user's message asks for them. `none` lets "
        "every tool run without asking.",
    )
    attachment_max_bytes: int = Field(
        10_485_760, ge=1024, description="Largest file that can be attached to a message, in bytes."
    )
    attachment_max_count: int = Field(
        10, ge=1, le=50, description="Maximum number of files attached to one message."
    )
    attachment_tokens: int = Field(
        8000,
        ge=200,
        description="Maximum tokens of attached files that the model gets to see, "
        "counted as four characters each.",
    )
    attachment_images: bool = Field(
        True, description="The language model takes images; false for one that only reads text."
    )
    transcription: Literal["auto", "openai", "gemini", "local", "off"] = Field(
        "auto",
        description="Who transcribes dictation. auto: TRANSCRIPTION_BASE_URL, else the model of "
        "owflex[voice] on this machine where that is installed, else OpenAI, else Gemini.",
    )
    transcription_base_url: HttpAddress | None = Field(
        None, description="OpenAI-compatible server for dictation. Default: OPENAI_BASE_URL, else OpenAI."
    )
    transcription_api_key: SecretStr | None = Field(
        None, description="Key for dictation. Default: OPENAI_API_KEY or GEMINI_API_KEY."
    )
    transcription_model: str | None = Field(
        None,
        description="Model for dictation: a provider's name for it, or a folder with a Whisper model for the "
        "local one. Default: whisper-1, gemini-2.5-flash, or Whisper tiny.en from the package.",
    )
    transcription_seconds: float = Field(60, gt=0, description="Time limit for transcribing one recording.")
    knowledge_view: bool = Field(
        True, description="The page shows the documents, and /knowledge answers. See docs/knowledge-view.md."
    )
    knowledge_uploads: bool | None = Field(
        None,
        description="Users may add documents on the page, and remove their own. "
        "Default: true if the chat listens on loopback and has no login, else false.",
    )
    knowledge_editors: CommaList = Field(
        [],
        description="Users who may, separated by commas; `*` means everybody. With a login nobody else may.",
    )
    knowledge_rate_limit_per_minute: int = Field(
        300, ge=0, description="Maximum requests a minute to /knowledge for each user; 0 sets no limit."
    )
    evaluation_reports: Path | None = Field(
        None,
        description="Folder with the reports of `owflex evaluate` that the page shows. "
        "Default: evaluations in the data folder.",
    )
    chatkit_domain_key: str | None = Field(
        None,
        description="Key of OpenAI's domain list: the page then shows OpenAI's component, which sends "
        "data to OpenAI. Default: the built-in chat, which sends nothing. See docs/official-component.md.",
    )
    chat_title: str = Field("OwFlex", description="Title of the chat page.")
    chat_greeting: str = Field("What would you like to know?", description="Greeting on the empty chat page.")
    chat_greetings: Greetings = Field(
        {}, description='Greetings in other languages, JSON, e.g. {"de": "Was möchten Sie wissen?"}.'
    )
    chat_prompts: Prompts = Field(
        STANDARD_PROMPTS,
        description="Prompts to click on, on the empty chat page: JSON, or the path of a file with it, "
        'e.g. [{"label": "Holidays", "prompt": "How many holidays do I have?"}]. Default: three.',
    )

    @model_validator(mode="after")
    def _read_system_prompt(self) -> Self:
        if self.system_prompt_file is not None:
            if self.system_prompt is not None:
                raise ValueError("SYSTEM_PROMPT and SYSTEM_PROMPT_FILE are both set. Leave one of them out.")
            self.system_prompt = read_prompt(self.system_prompt_file)
        return self

    @model_validator(mode="after")
    def _mcp_server_on_this_machine(self) -> Self:
        self.mcp_server_url = self.mcp_server_url or f"http://127.0.0.1:{self.mcp_server_port}/mcp"
        return self
