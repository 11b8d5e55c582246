// The looks of the frame of the knowledge view, and of documents on their way.

import { css } from "lit";

export const frame = css`
  .knowledge { display: flex; flex-direction: column; height: 100%; min-height: 0;
    container-type: inline-size; background: var(--ground); }
  .bar-top { display: flex; align-items: center; gap: 0.5rem; padding: 0 1rem;
    border-bottom: 1px solid var(--line); flex: none; min-height: 3rem; }
  .tabs { display: flex; gap: 0.25rem; flex: 1; align-self: stretch; overflow-x: auto; scrollbar-width: none;
    }
  .tabs a { display: flex; align-items: center; padding: 0 0.7rem; color: var(--soft);
    border-bottom: 2px solid transparent; margin-bottom: -1px; white-space: nowrap; }
  .tabs a:hover { color: var(--text); text-decoration: none; }
  .tabs a:focus-visible { outline-offset: -3px; }
  .tabs small { margin-left: 0.4rem; background: var(--tint); color: var(--accent); border-radius: 1rem;
    padding: 0 0.45rem; }
  .tabs a[aria-current] { color: var(--text); font-weight: 600; border-color: var(--accent); }
  .add-button { display: flex; align-items: center; gap: 0.35rem; white-space: nowrap; }
  .add-button svg { width: 16px; height: 16px; }
  .page { flex: 1; min-height: 0; overflow-y: auto; padding: 1rem; }
  .read-only { margin: 1.5rem 0 0; font-size: 0.86rem; }
  .overlay { position: fixed; inset: 0.75rem; z-index: 10; display: grid; place-items: center;
    pointer-events: none; border: 2px dashed var(--accent); border-radius: 1rem;
    background: color-mix(in srgb, var(--tint) 88%, transparent); font-size: 1.1rem; font-weight: 600; }
  .overlay p { display: flex; align-items: center; gap: 0.5rem; padding: 1rem; text-align: center; }
  .add { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: end; border: 1px solid var(--line);
    border-radius: 0.8rem; background: var(--raised); padding: 0.9rem; margin-bottom: 1rem; }
  .drop { display: flex; gap: 0.6rem; align-items: center; flex: 2 1 16rem; border: 1px dashed var(--soft);
    border-radius: 0.6rem; padding: 0.55rem 0.8rem; cursor: pointer; position: relative; }
  .drop:hover { border-color: var(--accent); background: var(--tint); }
  .drop:focus-within { outline: 2px solid var(--accent); outline-offset: 2px; }
  .drop svg { color: var(--accent); }
  .drop b { color: var(--accent); display: block; }
  .field { display: flex; flex-direction: column; gap: 0.15rem; flex: 1 1 9rem; min-width: 0; }
  .field.grow { flex: 3 1 18rem; }
  .field > span:first-child, .field > label { font-size: 0.84rem; color: var(--soft); }
  .field .row input { flex: 1; }
  .field.inline { flex-direction: row; align-items: center; gap: 0.6rem; }
  .uploads { border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised);
    padding: 0.5rem 0.9rem; margin-bottom: 1rem; }
  .uploads h2 { margin: 0; font-size: 0.92rem; }
  .uploads ul { list-style: none; margin: 0.2rem 0 0; padding: 0; max-height: 16rem; overflow-y: auto; }
  .uploads li { display: flex; align-items: center; gap: 0.6rem; padding: 0.35rem 0;
    border-top: 1px solid var(--line); }
  .state { width: 1.25rem; height: 1.25rem; display: grid; place-items: center; flex: none;
    color: var(--accent); font-weight: 700; }
  .state svg { width: 18px; height: 18px; }
  [data-stage="failed"] .state, [data-stage="failed"] small { color: var(--bad); }
  [data-stage="cancelled"] .state { color: var(--soft); }
  .what { flex: 1; min-width: 0; }
  .name { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .what small { display: block; overflow-wrap: anywhere; }
  progress { display: block; width: 100%; height: 4px; appearance: none; border: 0; border-radius: 2px;
    overflow: hidden; background: var(--line); margin-top: 0.25rem; }
  progress::-webkit-progress-bar { background: var(--line); }
  progress::-webkit-progress-value { background: var(--accent); transition: width 0.2s; }
  progress::-moz-progress-bar { background: var(--accent); }
  .spinner { width: 14px; height: 14px; border: 2px solid var(--line); border-top-color: var(--accent);
    border-radius: 50%; animation: turn 0.9s linear infinite; }
  @keyframes turn { to { transform: rotate(1turn); } }
  @container (max-width: 40rem) {
    .bar-top { padding: 0 0.5rem; }
    .page { padding: 0.75rem; }
    .add-button span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    .add-button { padding: 0.45rem; }
    .add { align-items: stretch; flex-direction: column; }
    .add > * { flex: none !important; }
  }
`;
