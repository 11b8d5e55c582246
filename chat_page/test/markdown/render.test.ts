import assert from "node:assert/strict";
import { test } from "node:test";
import { setService } from "../../src/markdown/own-pages.ts";
import { toHtml } from "../../src/markdown/render.ts";

test("HTML stays text, pictures become links, dangerous addresses stay text", () => {
  const html = toHtml(
    "<img src=x onerror=alert(1)> <script>1</script> ![a](https://e.example/?x) [b](javascript:alert(1))",
  );
  assert.doesNotMatch(html, /<img|<script|href="javascript/);
  assert.match(html, /<a href="https:\/\/e\.example\/\?x" target="_blank" rel="noopener noreferrer">a<\/a>/);
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
