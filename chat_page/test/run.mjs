// Bundles the unit tests into test/dist and runs them. Arguments are Node's, such as --test-name-pattern=….
import { spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
const bundles = join(folder, "dist");
const tests = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".test.ts"));

await rm(bundles, { recursive: true, force: true });
await build({
  entryPoints: tests.map((name) => join(folder, name)),
  outdir: bundles,
  outbase: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  external: ["typescript"],
  format: "esm",
  target: "es2022",
  platform: "node",
  logLevel: "warning",
});
const files = tests.map((name) => join(bundles, name.replace(/\.ts$/, ".mjs")));
process.exitCode =
  spawnSync(process.execPath, ["--test", ...process.argv.slice(2), ...files], { stdio: "inherit" }).status ??
  1;
