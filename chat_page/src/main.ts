import { OwflexChat } from "./element/chat-element.ts";

// Two script tags on one site are one too many, not an error.
if (!customElements.get("owflex-chat")) customElements.define("owflex-chat", OwflexChat);
