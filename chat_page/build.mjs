// Bundles the page into ../agent_service/static, or into the folder that is named.

import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transformSync } from "esbuild";
import { byBrowser } from "./by-browser.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  legalComments: "linked",
  logLevel: "warning",
};
const MAX_GZIPPED = 60_000;
const ENTRY = "owflex-chat.js";
// What is loaded later finds the first load there as a whole. Saying so keeps that in one file: else it is cut
// into a file for each set of views that share a piece, each with a compression and a request of its own.
const LATER = /[\\/](conversation|passage-panel|dictation|knowledge-view|admin-view)\.ts$/;

// The minifier leaves templates as they are: style sheets are minified here, markup loses its indentation.
const lean = {
  name: "lean-templates",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]chat_page[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const sheets = source.replace(/css`([^`$]*)`/g, (_, sheet) => `css\`${leanSheet(sheet)}\``);
      const lean = sheets.replace(/\n\s+/g, "\n");
      return { contents: LATER.test(path) ? `import "../main.ts";\n${lean}` : lean, loader: "ts" };
    }),
};

const leanSheet = (sheet) =>
  transformSync(sheet, { loader: "css", minify: true, target: "chrome120" })
    .code.trim()
    .replaceAll("\\", "\\\\");

const target = process.argv[2] ?? join(here, "..", "agent_service", "static");
await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
const { metafile } = await build({
  ...common,
  entryPoints: { "owflex-chat": join(here, "src", "main.ts") },
  outdir: target,
  chunkNames: "[name]-[hash]",
  splitting: true,
  minify: true,
  metafile: true,
  plugins: [byBrowser, lean],
});
// A bundle of its own: sharing pieces would cut the chat, which is what nearly everybody loads, into more files.
await build({
  ...common,
  entryPoints: {
    official: join(here, "src", "official", "main.ts"),
    account: join(here, "src", "account", "main.ts"),
  },
  outdir: target,
  minify: true,
});
for (const name of ["index.html", "app.css", "account.css", "connect.css", "icon.svg", "locales"])
  await cp(join(here, name), join(target, name), { recursive: true });
await report(target, metafile);

async function report(target, { outputs }) {
  const scripts = Object.entries(outputs).filter(([path]) => path.endsWith(".js"));
  const byName = Object.fromEntries(scripts.map(([path, output]) => [path.split("/").at(-1), output]));
  const first = firstLoad(byName, ENTRY);
  const sizes = {};
  for (const name of Object.keys(byName).sort())
    sizes[name] = await size(join(target, name), first.has(name));
  const total = [...first].reduce((sum, name) => sum + sizes[name].gzipped, 0);
  for (const [name, { raw, gzipped, first: now }] of Object.entries(sizes))
    console.log(`${name}: ${raw} bytes, ${gzipped} gzipped${now ? "" : ", loaded on demand"}`);
  console.log(`First load: ${total} bytes gzipped of at most ${MAX_GZIPPED}`);
  await writeFile(
    join(target, "sizes.json"),
    `${JSON.stringify({ most: MAX_GZIPPED, first_load: total, files: sizes }, null, 2)}\n`,
  );
}

function firstLoad(outputs, name, seen = new Set()) {
  seen.add(name);
  for (const { path, kind } of outputs[name].imports) {
    const next = path.split("/").at(-1);
    if (kind === "import-statement" && !seen.has(next)) firstLoad(outputs, next, seen);
  }
  return seen;
}

async function size(path, first) {
  const content = await readFile(path);
  return { raw: content.length, gzipped: gzipSync(content, { level: 9 }).length, first };
}
