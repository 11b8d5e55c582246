import assert from "node:assert/strict";
import { test } from "node:test";
import { setService } from "../../src/markdown/own-pages.ts";
import { toHtml } from "../../src/markdown/render.ts";

test("HTML stays text, pictures become links, dangerous addresses stay text", () => {
  const html = toHtml(
    "<img src=x onerror=alert(1)> <script>1</script> ![a](https://e.example/?x) [b](javascript:alert(1))",
  );
  assert.doesNotMatch(html, /<img|<script|href="javascript/);
  assert.match(
    html,
    /<a href="https:\/\/e\.example\/\?x" target="_blank" rel="noopener noreferrer" title="[^"]*">a<\/a>/,
  );
});

test("a language name cannot leave its place", () => {
  assert.doesNotMatch(toHtml('```"><img/src=x>\ncode\n```'), /<img/);
});

test("a page of the service is linked where the service is, other relative addresses stay text", () => {
  assert.doesNotMatch(toHtml("[set up](help/language-models)"), /<a/);
  setService("https://chat.example/base/");
  assert.match(
    toHtml("[set up](help/language-models)"),
    /<a href="https:\/\/chat\.example\/base\/help\/language-models" target="_blank"/,
  );
  assert.doesNotMatch(toHtml("[a](admin/delete) [b](help/../admin) [c](/help/x)"), /<a/);
  setService("");
});

test("a link whose words are not its address shows the host it leads to", () => {
  const shown = (text: string): string =>
    toHtml(text)
      .replace(/<[^>]*>/g, "")
      .trim();
  assert.equal(shown("[Click](http://evil.example/?d=SECRET)"), "Click (evil.example)");
  assert.equal(shown("[https://good.example](https://evil.example)"), "https://good.example (evil.example)");
  assert.equal(
    shown("[good.example](https://good.example.evil.com/)"),
    "good.example (good.example.evil.com)",
  );
  assert.equal(shown("[b](http://127.0.0.1:18139/x)"), "b (127.0.0.1:18139)");
  assert.equal(shown("![logo](https://evil.example/x.png)"), "logo (evil.example)");
  assert.equal(shown("[**a** `b`](https://evil.example/)"), "a b (evil.example)");
  assert.equal(shown("see https://good.example/page"), "see https://good.example/page");
  assert.equal(shown("[good.example/page](https://good.example/page)"), "good.example/page");
});

test("letters that only look like others show as what they are sent as", () => {
  assert.match(toHtml("[apple](https://\u0430pple.com)"), /\(xn--pple-43d\.com\)/);
  assert.match(toHtml("see https://\u0430pple.com"), />https:\/\/xn--pple-43d\.com<|\(xn--pple-43d\.com\)/);
});

test("an address that hides its host is no link", () => {
  for (const address of [
    "https://user:pass@evil.example/x",
    "https://good.example@evil.example",
    "HTTPS://127.0.0.1:18139@evil",
    "https://a\u202egpj.exe",
    "https://good.example\u200b.evil.example",
    "https://",
  ])
    assert.doesNotMatch(toHtml(`[x](${address}) ![y](${address})`), /href="[^"]*(?:evil|gpj|@)/, address);
});

test("the title of a link is its address, whatever its author wrote", () => {
  assert.match(
    toHtml('[a](https://evil.example/ "https://good.example")'),
    /title="https:\/\/evil\.example\/"/,
  );
});

test("a heap of accents becomes a few, in text, code and links", () => {
  const heap = `A${"\u0300".repeat(20_000)}`;
  for (const text of [heap, `\`${heap}\``, `\`\`\`\n${heap}\n\`\`\``, `[${heap}](https://a.example)`])
    assert.ok(toHtml(text).length < 400);
  assert.match(
    toHtml("e\u0301 \u0e01\u0e34\u0e48 \u05e9\u05c1\u05b8"),
    /e\u0301 \u0e01\u0e34\u0e48 \u05e9\u05c1\u05b8/,
  );
});

test("nothing brings a style of its own, which the policy of the page forbids: classes align columns", () => {
  const html = toHtml("| a | b | c | d |\n|:--|--:|:-:|---|\n| 1 | 2 | 3 | 4 |\n\n3. x\n\n> y");
  assert.doesNotMatch(html, /style=/);
  for (const way of ["left", "right", "center"])
    assert.equal(html.match(new RegExp(`class="to-${way}"`, "g"))?.length, 2);
});

test("each block and each cell has the direction of its own words, code is written from left to right", () => {
  const html = toHtml("\u05d0\n\n- b\n\n# c\n\n| d |\n|---|\n| e |\n\n```\nf\n```");
  for (const tag of ["p", "ul", "h1", "th", "td"]) assert.match(html, new RegExp(`<${tag} dir="auto"`));
  assert.match(html, /<pre tabindex="0" dir="ltr">/);
});
