// Bundles the page into ../static (or, with --tests, the unit tests into test/dist).
import { build } from "esbuild";
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const common = { bundle: true, format: "esm", target: "es2022", legalComments: "eof", logLevel: "warning" };

if (process.argv.includes("--tests")) {
  const folder = join(here, "test");
  const tests = (await readdir(folder)).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...common,
    entryPoints: tests.map((name) => join(folder, name)),
    outdir: join(folder, "dist"),
    outExtension: { ".js": ".mjs" },
    platform: "node",
  });
} else {
  const target = process.argv[2] ?? join(here, "..", "static");
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  await build({ ...common, entryPoints: [join(here, "src", "main.ts")], outfile: join(target, "owflex-chat.js"), minify: true });
  for (const name of ["index.html", "app.css", "icon.svg"]) await cp(join(here, name), join(target, name));
}
