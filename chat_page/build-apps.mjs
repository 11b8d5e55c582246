// Builds each app that MCP clients show into one HTML file in ../mcp_server/static, or in the folder that is named.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { byBrowser } from "./by-browser.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const APPS = ["search", "passage", "tasks"];
const common = {
  bundle: true,
  minify: true,
  write: false,
  target: ["es2022", "chrome120", "safari17.5", "firefox121"],
  // The licenses of what is in it travel with it.
  legalComments: "eof",
  logLevel: "warning",
};
// The file has all in itself. Whatever a client would allow it: nothing is fetched, framed or sent anywhere.
const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const target = process.argv[2] ?? join(here, "..", "mcp_server", "static");
await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
const style = await bundled(join(here, "apps.css"), {});
for (const name of APPS) {
  const script = await bundled(join(here, "src", "apps", `${name}.ts`), {
    format: "iife",
    plugins: [byBrowser],
  });
  // Behind `<!--` a script tag would open another script in this one.
  if (/<\/?script/i.test(script) || /<\/style/i.test(style))
    throw new Error(`${name} would end its own tag.`);
  const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OwFlex</title>
<style>${style}</style></head>
<body><main id="app"></main>
<script>${script}</script></body></html>
`;
  await writeFile(join(target, `${name}.html`), page);
  console.log(`${name}.html: ${page.length} bytes, ${gzipSync(page, { level: 9 }).length} gzipped`);
}

async function bundled(entry, options) {
  const { outputFiles } = await build({ ...common, ...options, entryPoints: [entry] });
  return outputFiles[0].text.trim();
}
