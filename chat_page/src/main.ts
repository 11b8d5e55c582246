import { OwflexChat } from "./chat.ts";

// Two script tags on one site are one too many, not an error.
if (!customElements.get("owflex-chat")) customElements.define("owflex-chat", OwflexChat);
