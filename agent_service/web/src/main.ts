import { OwflexChat } from "./chat.ts";

customElements.define("owflex-chat", OwflexChat);
