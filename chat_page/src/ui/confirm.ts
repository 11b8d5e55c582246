// A question with two answers, as a dialog.

import { css, html, nothing, render } from "lit";

export interface Question {
  title: string;
  text: string;
  // Without it there is only something to read.
  yes: string | null;
  no: string;
}

// Resolves to whether the first answer was given; focus returns to where it was.
export function confirm(host: ShadowRoot, { title, text, yes, no }: Question): Promise<boolean> {
  const before = host.activeElement as HTMLElement | null;
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "dialog-title");
  render(
    html`<form method="dialog"><h2 id="dialog-title">${title}</h2><p>${text}</p>
      <div class="buttons">${yes ? html`<button class="primary danger" value="yes">${yes}</button>` : nothing}
        <button value="no">${no}</button></div></form>`,
    dialog,
  );
  host.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
      before?.focus();
    });
    dialog.showModal();
  });
}

export const dialogStyles = css`
  dialog { border: 1px solid var(--line); border-radius: 1rem; padding: 1.25rem;
    width: min(26rem, calc(100vw - 2rem)); background: var(--raised); color: var(--text); }
  dialog::backdrop { background: rgb(0 0 0 / 40%); }
  dialog h2 { margin: 0 0 0.6rem; font-size: 1.1rem; }
  dialog p { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
  .buttons { display: flex; flex-direction: row-reverse; gap: 0.5rem; margin-top: 1rem; }
  .primary.danger { background: var(--bad); color: light-dark(#ffffff, #2a1513); }
`;
