// The looks of the message box.
import { css } from "lit";

const iconButtons = css`
  * { box-sizing: border-box; }
  button, select, textarea { font: inherit; color: inherit; }
  button { cursor: pointer; display: inline-grid; place-items: center; flex: none; width: 2.25rem;
    height: 2.25rem; padding: 0; border: 0; border-radius: 50%;
    background: none; color: var(--soft); }
  button:hover:not(:disabled) { background: var(--sunken); color: var(--text); }
  button:disabled { opacity: 0.45; cursor: default; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`;

export const dictationStyles = [
  iconButtons,
  css`
  :host { display: contents; }
  .on { display: flex; align-items: center; gap: 0.35rem; border-radius: 2rem; background: var(--sunken);
    font-size: 0.9rem; font-variant-numeric: tabular-nums; }
  .on button:last-child { color: var(--accent); }
  i { width: 0.6rem; height: 0.6rem; border-radius: 50%; background: var(--bad);
    animation: breathe 1.4s ease-in-out infinite; }
  .busy { color: var(--soft); font-size: 0.9rem; padding-inline: 0.5rem; }
  @keyframes breathe { 50% { opacity: 0.3; } }
  @media (prefers-reduced-motion: reduce) { i { animation: none; } }
`,
];

export const composerStyles = [
  iconButtons,
  css`
  :host { display: block; flex: none; width: 100%; max-width: 48rem; margin: 0 auto;
    padding: 0.5rem 1rem 1rem; box-sizing: border-box; }
  .box { position: relative; display: flex; flex-direction: column; border: 1px solid var(--line);
    border-radius: 1.5rem; background: var(--raised);
    box-shadow: 0 2px 10px rgb(0 0 0 / 5%); transition: border-color 0.15s; }
  .box:focus-within { border-color: var(--accent); }
  .box[data-locked] { background: var(--sunken); }
  textarea { display: block; width: 100%; resize: none; min-height: 2.9rem; max-height: min(14rem, 40vh);
    border: 0; background: none; outline: none;
    padding: 0.8rem 1.15rem 0.3rem; line-height: 1.5; }
  textarea:focus-visible { outline: none; }
  textarea::placeholder { color: var(--soft); opacity: 1; }
  .bar { display: flex; align-items: center; gap: 0.25rem; padding: 0.15rem 0.45rem 0.45rem; min-width: 0; }
  .plain { flex-direction: row; align-items: flex-end; flex-wrap: wrap; }
  .plain .tray { width: 100%; }
  .plain textarea { flex: 1; width: auto; min-width: 0; padding-block: 0.7rem; }
  .plain .bar { padding-block: 0.35rem; }
  .gap { flex: 1; }
  .count { color: var(--soft); font-size: 0.82rem; white-space: nowrap; }
  .count[data-bad], .problem { color: var(--bad); }
  .send { background: var(--accent); color: var(--on-accent); }
  .send:hover:not(:disabled) { background: var(--accent); color: var(--on-accent); filter: brightness(1.08); }
  .send:disabled { background: var(--line); color: var(--soft); opacity: 1; }
  select { min-width: 0; max-width: 12rem; height: 2.1rem; border: 1px solid transparent;
    border-radius: 1.1rem; background: none; color: var(--soft);
    font-size: 0.88rem; padding-inline: 0.5rem; text-overflow: ellipsis; cursor: pointer; }
  select:hover { background: var(--sunken); color: var(--text); }
  option { background: var(--raised); color: var(--text); }
  input { display: none; }

  .tray { display: flex; flex-wrap: wrap; align-items: center; gap: 0.45rem; padding: 0.7rem 0.8rem 0.1rem;
    list-style: none; margin: 0; }
  .tray li { position: relative; display: flex; align-items: center; min-width: 0; max-width: 100%; }
  .tray .tag { gap: 0.35rem; border-radius: 1rem; padding: 0.1rem 0.2rem 0.1rem 0.65rem;
    background: var(--tint); font-size: 0.9rem; }
  .tag span, .quote span { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .tag svg { width: 15px; height: 15px; flex: none; color: var(--accent); }
  .tray button { width: 1.6rem; height: 1.6rem; }
  .tray button svg { width: 13px; height: 13px; color: inherit; }
  .tray .quote { width: 100%; gap: 0.5rem; border-inline-start: 3px solid var(--accent);
    padding-inline-start: 0.7rem; color: var(--soft); font-size: 0.9rem; }
  .quote span { flex: 1; }
  .file { padding-inline-end: 0.5rem; }
  .file button { position: absolute; inset-block-start: -0.45rem; inset-inline-end: 0;
    background: var(--raised); border: 1px solid var(--line); color: var(--text); }
  progress { position: absolute; inset: auto 0.9rem 0.25rem 0.5rem; height: 3px; width: auto;
    appearance: none; border: 0; border-radius: 2px; overflow: hidden;
    background: var(--line); }
  progress::-webkit-progress-bar { background: var(--line); }
  progress::-webkit-progress-value { background: var(--accent); transition: width 0.15s; }
  progress::-moz-progress-bar { background: var(--accent); }

  .options { position: absolute; inset: auto 0 calc(100% + 0.4rem) 0; z-index: 4; margin: 0;
    padding: 0.35rem; list-style: none; max-height: 18rem; overflow-y: auto;
    background: var(--raised); border: 1px solid var(--line); border-radius: 1rem;
    box-shadow: 0 8px 28px rgb(0 0 0 / 16%); }
  .options li { display: flex; align-items: center; gap: 0.6rem; padding: 0.4rem 0.6rem;
    border-radius: 0.65rem; cursor: pointer; font-size: 0.94rem; min-width: 0; }
  .options li[aria-selected="true"] { background: var(--tint); }
  .options svg { flex: none; width: 17px; height: 17px; color: var(--accent); }
  .options b { font-weight: 500; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .options small { margin-inline-start: auto; color: var(--soft); overflow: hidden; text-overflow: ellipsis;
    white-space: nowrap; max-width: 50%; flex: 0 1 auto; }
  .problem, .reason { margin: 0.4rem 0.6rem 0; font-size: 0.9rem; }
  .reason { color: var(--soft); }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
    white-space: nowrap; margin: 0; }
  .drop { position: absolute; inset: 0; z-index: 6; display: grid; place-items: center; margin: 0;
    pointer-events: none; font-size: 1.1rem; font-weight: 600;
    color: var(--accent); background: color-mix(in srgb, var(--ground) 86%, transparent);
    outline: 2px dashed var(--accent); outline-offset: -0.9rem; }
  @container (max-width: 52rem) {
    :host { padding: 0.35rem 0.6rem max(0.6rem, env(safe-area-inset-bottom)); }
    button { width: 2.5rem; height: 2.5rem; }
    select { max-width: 8.5rem; }
  }
`,
];
