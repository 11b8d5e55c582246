// The app of read_chunks.

import type { TemplateResult } from "lit";
import { html } from "lit";
import { App } from "./app.ts";
import { PassageView } from "./passage-view.ts";

class PassageApp extends App {
  private shown: PassageView | undefined;

  protected take(answer: unknown): void {
    this.shown = PassageView.of(this, answer, Number(this.args["chunk_id"]), []);
  }

  protected view(): TemplateResult {
    return this.shown?.view() ?? html``;
  }
}

const root = document.getElementById("app");
if (root) void new PassageApp(root).start();
