// Two questions the page asks in a dialog of the browser's own kind. The button that Enter presses comes first.
import { html, render } from "lit";
import { strings } from "./strings.ts";

export function askForTitle(host: ShadowRoot, title: string): Promise<string | null> {
  return ask(
    host,
    html`<form method="dialog">
      <h2>${strings.renameTitle}</h2>
      <input name="title" .value=${title} maxlength="200" required autocomplete="off" aria-label=${strings.renameTitle}>
      <div class="buttons"><button class="primary" value="yes">${strings.save}</button>
        <button value="cancel" formnovalidate>${strings.cancel}</button></div>
    </form>`,
    (dialog) => dialog.querySelector("input")?.value.trim() || null,
  );
}

export function askToRemove(host: ShadowRoot): Promise<boolean | null> {
  return ask(
    host,
    html`<form method="dialog">
      <h2>${strings.removeTitle}</h2>
      <p>${strings.removeText}</p>
      <div class="buttons"><button class="primary danger" value="yes">${strings.remove}</button>
        <button value="cancel">${strings.cancel}</button></div>
    </form>`,
    () => true,
  );
}

function ask<T>(host: ShadowRoot, content: unknown, answer: (dialog: HTMLDialogElement) => T | null): Promise<T | null> {
  const dialog = document.createElement("dialog");
  render(content, dialog);
  host.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes" ? answer(dialog) : null);
      dialog.remove();
    });
    dialog.showModal();
    dialog.querySelector("input")?.select();
  });
}
