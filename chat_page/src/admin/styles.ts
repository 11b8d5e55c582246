// The looks of the administration; the colors come from the element it stands in.
import { css } from "lit";
import { dialogStyles } from "../ui/confirm.ts";

const administration = css`
  :host { display: block; color: var(--text); font-size: 0.92rem; line-height: 1.5; min-height: 0; flex: 1; }
  * { box-sizing: border-box; }
  button, input, select, textarea { font: inherit; color: inherit; }
  button { cursor: pointer; border: 1px solid var(--line); background: var(--raised); border-radius: 0.55rem;
    padding: 0.35rem 0.75rem; }
  button:hover:not(:disabled) { border-color: var(--accent); }
  button:disabled { opacity: 0.6; cursor: default; }
  a { color: var(--accent); text-decoration: none; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .page:focus { outline: none; }
  input, select, textarea { border: 1px solid var(--line); border-radius: 0.55rem; background: var(--raised);
    padding: 0.35rem 0.6rem; min-width: 0; width: 100%; }
  input:disabled, textarea:disabled { color: var(--soft); background: var(--sunken); }
  input::placeholder { color: var(--soft); opacity: 1; }
  textarea { min-height: 8rem; resize: vertical; }
  .primary { background: var(--accent); color: var(--on-accent); border-color: transparent; }
  .quiet { border-color: transparent; background: none; color: var(--accent); padding: 0.15rem 0.4rem; }
  .all { display: flex; flex-direction: column; height: 100%; min-height: 0; container-type: inline-size;
    background: var(--ground); }
  .tabs { display: flex; gap: 0.25rem; padding: 0 1rem; border-bottom: 1px solid var(--line); flex: none;
    min-height: 3rem; overflow-x: auto; scrollbar-width: none; }
  .tabs a { display: flex; align-items: center; padding: 0 0.7rem; color: var(--soft);
    border-bottom: 2px solid transparent; margin-bottom: -1px; white-space: nowrap; }
  .tabs a:hover { color: var(--text); }
  .tabs a:focus-visible { outline-offset: -3px; }
  .tabs a[aria-current] { color: var(--text); font-weight: 600; border-color: var(--accent); }
  .page { flex: 1; min-height: 0; overflow-y: auto; padding: 1rem; }
  .inner { max-width: 56rem; margin: 0 auto; display: flex; flex-direction: column; gap: 1rem; }
  .inner > *, owflex-model-guide { min-width: 0; }
  .box { border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised); padding: 0.9rem;
    display: flex; flex-direction: column; gap: 0.75rem; }
  h2, h3, p { margin: 0; }
  h2 { font-size: 1.05rem; }
  h3 { font-size: 0.95rem; }
  .soft { color: var(--soft); font-size: 0.86rem; overflow-wrap: anywhere; }
  .field { display: flex; flex-direction: column; gap: 0.2rem; min-width: 0; }
  .stack { display: flex; flex-direction: column; gap: 0.75rem; }
  .check { display: flex; gap: 0.45rem; align-items: center; }
  .check input { width: auto; }
  .actions { display: flex; flex-direction: column; align-items: flex-start; }
  .actions button { white-space: nowrap; }
  .told:focus { outline: none; }
  .told:not(:has(.alert)) { margin-block-end: -1rem; }
  .good.link { flex-direction: column; align-items: stretch; }
  fieldset { border: 0; padding: 0; margin: 0; }
  .row { display: flex; gap: 0.6rem; align-items: end; flex-wrap: wrap; }
  .row > .field { flex: 1 1 12rem; }
  .note { display: flex; gap: 0.5rem; align-items: center; flex-wrap: wrap; }
  .alert { border: 1px solid var(--bad); background: var(--bad-tint); border-radius: 0.6rem;
    padding: 0.6rem 0.8rem; overflow-wrap: anywhere; }
  .good { border: 1px solid var(--accent); background: var(--tint); border-radius: 0.6rem;
    padding: 0.6rem 0.8rem; display: flex; gap: 0.75rem; align-items: center; flex-wrap: wrap; }
  .state { font-weight: 600; }
  .state[data-state="unavailable"] { color: var(--bad); }
  dl { display: grid; grid-template-columns: minmax(8rem, auto) 1fr; gap: 0.3rem 1rem; margin: 0; }
  dt { color: var(--soft); }
  dd { margin: 0; overflow-wrap: anywhere; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: start; padding: 0.35rem 0.6rem; border-bottom: 1px solid var(--line);
    vertical-align: top; }
  th { color: var(--soft); font-weight: 600; font-size: 0.86rem; white-space: nowrap; }
  td { overflow-wrap: anywhere; }
  .number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
  .poor { border-top: 1px solid var(--line); padding-top: 0.6rem; display: flex; flex-direction: column;
    gap: 0.25rem; }
  .poor b { overflow-wrap: anywhere; }
  .poor p { overflow-wrap: anywhere; white-space: pre-wrap; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
    white-space: nowrap; margin: 0; }
  @container (max-width: 40rem) {
    .tabs { padding: 0 0.5rem; }
    .page { padding: 0.75rem; }
    .row { flex-direction: column; align-items: stretch; }
    .row > .field { flex: none; }
    dl { grid-template-columns: 1fr; gap: 0; }
    dd { margin-bottom: 0.4rem; }
    table, tbody, tr { display: block; }
    thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    tr { border-bottom: 1px solid var(--line); padding: 0.5rem 0; }
    td { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: 0.5rem; border: 0;
      padding: 0.15rem 0; }
    td::before { content: attr(data-label); color: var(--soft); font-size: 0.86rem; }
    td.number { text-align: start; white-space: normal; }
    .actions { margin-inline-start: -0.4rem; }
  }
`;

export const adminStyles = [administration, dialogStyles];
