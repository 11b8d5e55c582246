"""OpenAI's ChatKit component on the page, where CHATKIT_DOMAIN_KEY asks for it."""

from pathlib import Path

from starlette.responses import HTMLResponse

from agent_service.http.security import CONTENT_SECURITY_POLICY

VENDOR = "https://cdn.platform.openai.com"
OUR_SCRIPT = "owflex-chat.js"
# Chooses between the component and our own chat.
CHOOSING_SCRIPT = "official.js"
BUILT_IN = "builtin"


def official_page(index: Path, client: str | None, headers: dict[str, str]) -> HTMLResponse:
    """The page that tries the component first; with `client=builtin` the vendor is not let in at all."""
    content = index.read_text(encoding="utf-8").replace(OUR_SCRIPT, CHOOSING_SCRIPT)
    policy = CONTENT_SECURITY_POLICY if client == BUILT_IN else vendor_policy()
    return HTMLResponse(content, headers=headers | {"Content-Security-Policy": policy})


def vendor_policy() -> str:
    """The page's policy with the vendor's script and frame allowed, and nothing else."""
    with_script = CONTENT_SECURITY_POLICY.replace("script-src 'self'", f"script-src 'self' {VENDOR}")
    return f"{with_script}; frame-src {VENDOR}"
