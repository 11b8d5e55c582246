// The frame around the chat, and the four ways it stands in a page.
import { css } from "lit";

// Rules of the host site reach the element itself and what its content inherits, so these are important ones.
export const frameStyles = css`
  :host { display: block !important; background: var(--ground); color: var(--text) !important;
    font: 1rem/1.6 var(--owflex-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue",
    sans-serif) !important;
    color-scheme: light dark !important; letter-spacing: normal !important; word-spacing: normal !important;
    text-align: start !important; text-transform: none !important;
    text-indent: 0 !important; text-shadow: none !important; white-space: normal !important;
    cursor: auto !important; visibility: visible !important; }
  :host([theme="light"]) { color-scheme: light !important; }
  :host([theme="dark"]) { color-scheme: dark !important; }
  :host([mode="button"]), :host([mode="modal"]) { display: contents !important; }
  :host([hidden]) { display: none !important; }
  .root { position: relative; height: 100%; overflow: hidden; container-type: inline-size;
    background: var(--ground); }
  .root[data-full] { position: fixed; inset: 0; z-index: 2147483647; width: 100%; height: 100%;
    border-radius: 0; }
  .root::backdrop { background: var(--ground); }
  .frame[data-alone] { grid-template-columns: minmax(0, 1fr); }
  .views { display: flex; gap: 0.15rem; padding: 0.2rem; border-radius: 0.8rem; background: var(--sunken); }
  .views a { display: flex; align-items: center; gap: 0.4rem; padding: 0.2rem 0.7rem; border-radius: 0.6rem;
    color: var(--soft); text-decoration: none; font-size: 0.92rem; }
  .views a:hover { color: var(--text); }
  .views a[aria-current] { background: var(--raised); color: var(--text);
    box-shadow: 0 1px 2px rgb(0 0 0 / 12%); }
  .views svg { width: 17px; height: 17px; }
  .login { display: flex; align-items: center; justify-content: space-between; gap: 1rem;
    padding: 0.6rem 1rem; background: var(--bad-tint); color: var(--bad); }
  .login p { margin: 0; }
  .login button { flex: none; border-color: currentColor; background: none; }
  owflex-knowledge { flex: 1; min-height: 0; overflow: auto; }

  dialog.shell { padding: 0; width: min(51rem, calc(100vw - 2rem)); height: min(48rem, calc(100dvh - 2rem));
    max-width: none; max-height: none; overflow: hidden;
    background: var(--ground); box-shadow: 0 20px 60px rgb(0 0 0 / 35%); }
  div.shell { position: fixed; inset-block-end: 5.75rem; inset-inline-end: 1.25rem; z-index: 2147483000;
    width: 26rem; max-width: calc(100vw - 2.5rem);
    height: min(42rem, calc(100dvh - 7.5rem)); border: 1px solid var(--line); border-radius: 1.1rem;
    overflow: hidden; box-shadow: 0 12px 40px rgb(0 0 0 / 24%); background: var(--ground); }
  div.shell[hidden] { display: none; }
  div.shell:has([data-full]), dialog.shell:has([data-full]) { overflow: visible; }
  .fab { position: fixed; inset-block-end: 1.25rem; inset-inline-end: 1.25rem; z-index: 2147483000;
    width: 3.5rem; height: 3.5rem; padding: 0; display: grid; place-items: center;
    border: 0; border-radius: 50%; background: var(--accent); color: var(--on-accent);
    box-shadow: 0 6px 20px rgb(0 0 0 / 28%); transition: transform 0.15s ease-out; }
  .fab:hover { transform: scale(1.05); }
  .fab:focus-visible { outline-offset: 3px; }
  .fab svg { width: 26px; height: 26px; }
  @media (prefers-reduced-motion: reduce) { .fab { transition: none; } }
  @media (max-width: 30rem) {
    div.shell { inset: 0; width: 100vw; max-width: none; height: 100dvh; border: 0; border-radius: 0; }
    div.shell:not([hidden]) + .fab { display: none; }
    dialog.shell { width: 100vw; height: 100dvh; border: 0; border-radius: 0; }
  }
  @container (max-width: 36rem) {
    header { gap: 0.15rem; padding-inline: 0.5rem; }
    .views a span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  }
`;
