// The words around OpenAI's component.
import { words } from "../i18n/translation.ts";

export const officialStrings = words(
  {
    bar: "Which chat this is",
    theirs: "This is OpenAI’s ChatKit component.",
    ours: "This is the built-in chat.",
    unreachable: "OpenAI’s component could not be loaded, so this is the built-in chat.",
    refused: "OpenAI’s component refused to start under this address, so this is the built-in chat.",
    toOurs: "Use the built-in chat",
    toTheirs: "Use OpenAI’s component",
    again: "Try again",
    dismiss: "Dismiss",
    loading: "Loading the chat …",
  },
  "official",
);
