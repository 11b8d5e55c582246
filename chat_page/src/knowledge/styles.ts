// The looks of the knowledge view; the colors come from the element it stands in.

import { css } from "lit";
import { dialogStyles } from "../ui/confirm.ts";
import { shelf } from "./document-styles.ts";
import { lab } from "./lab-styles.ts";
import { frame } from "./view-styles.ts";

const controls = css`
  :host { display: block; color: var(--text); font-size: 0.92rem; line-height: 1.5; min-height: 0;
    min-width: 0; }
  * { box-sizing: border-box; }
  button, input, select { font: inherit; color: inherit; }
  button { cursor: pointer; border: 1px solid var(--line); background: var(--raised); border-radius: 0.55rem;
    padding: 0.35rem 0.75rem; }
  button:hover:not(:disabled) { border-color: var(--accent); }
  button:disabled { opacity: 0.6; cursor: default; }
  a { color: var(--accent); text-decoration: none; }
  a:hover, .title a { text-decoration: underline; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .page:focus, h2:focus, .sheet:focus { outline: none; }
  input:not([type="range"], [type="file"]), select { border: 1px solid var(--line); border-radius: 0.55rem;
    background: var(--raised); padding: 0.35rem 0.6rem; min-width: 0; }
  input::placeholder { color: var(--soft); opacity: 1; }
  .primary { background: var(--accent); color: var(--on-accent); border-color: transparent; }
  .danger { color: var(--bad); }
  .quiet { border-color: transparent; background: none; color: var(--accent); padding: 0.15rem 0.4rem; }
  .icon { display: inline-grid; place-items: center; width: 2rem; height: 2rem; padding: 0;
    border-color: transparent; background: none; color: var(--soft); flex: none; border-radius: 0.5rem; }
  .icon:hover { background: var(--sunken); color: var(--text); }
  svg { flex: none; }
  .icon svg { width: 16px; height: 16px; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
    white-space: nowrap; margin: 0; }
  .soft, small { color: var(--soft); }
  small { font-size: 0.86em; }
  .row { display: flex; gap: 0.5rem; align-items: center; }
  .spacer { flex: 1; }
  .badge { font-size: 0.8rem; border-radius: 0.4rem; padding: 0.05rem 0.45rem; background: var(--tint);
    color: var(--accent); }
  .scroll { overflow-x: auto; }
  .panel { border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised);
    padding: 0.9rem 1rem; }
  .failure { display: flex; gap: 1rem; align-items: center; justify-content: space-between;
    border-radius: 0.8rem; padding: 0.6rem 1rem; background: var(--bad-tint); color: var(--bad);
    margin: 1rem 0; }
  .failure p { margin: 0; }
  .failure button { border-color: currentColor; background: none; flex: none; }
  .loading { color: var(--soft); padding: 1rem 0; }
  .empty { text-align: center; padding: 2.5rem 1rem; border: 1px dashed var(--line); border-radius: 0.8rem; }
  .empty p { margin: 0 0 0.6rem; overflow-wrap: anywhere; }
  .command { display: flex; align-items: center; justify-content: space-between; gap: 0.5rem;
    max-width: 34rem; margin: 0 auto 0.6rem; text-align: left; background: var(--sunken);
    border: 1px solid var(--line); border-radius: 0.6rem; padding: 0.3rem 0.4rem 0.3rem 0.8rem; }
  code { font: 0.86em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
  .more { display: block; margin: 0.9rem auto; color: var(--soft); }
  @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
`;

export const knowledgeStyles = [controls, frame, shelf, lab, dialogStyles];
