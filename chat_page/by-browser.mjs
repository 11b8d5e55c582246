import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const sources = join(dirname(fileURLToPath(import.meta.url)), "src");

// What browsers can do by themselves: named characters (a third of the Markdown parser) and names of hosts.
export const byBrowser = {
  name: "by-browser",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^entities$/ }, () => ({
      path: join(sources, "markdown", "named-characters.ts"),
    }));
    onResolve({ filter: /^punycode\.js$/ }, () => ({ path: join(sources, "markdown", "host-names.ts") }));
  },
};
