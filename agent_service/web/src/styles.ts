// The looks. Every class is used in one place; colors are named once.
import { css } from "lit";

export const styles = css`
  :host {
    --ground: light-dark(#fbfaf8, #16181c);
    --raised: light-dark(#ffffff, #1f2228);
    --sunken: light-dark(#f1efeb, #121417);
    --line: light-dark(#e2dfd8, #30343c);
    --text: light-dark(#22252a, #e6e7ea);
    --soft: light-dark(#5d636d, #a3a9b4);
    --accent: light-dark(#2f6f5e, #7fc4ae);
    --on-accent: light-dark(#ffffff, #10211c);
    --tint: light-dark(#e5f0ec, #24352f);
    --bad: light-dark(#a53a2e, #f0968b);
    --bad-tint: light-dark(#fbeae8, #3a2321);
    color: var(--text);
    background: var(--ground);
    font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
    container-type: inline-size;
    position: relative;
    overflow: hidden;
  }
  * { box-sizing: border-box; }
  button, input, textarea { font: inherit; color: inherit; }
  button { cursor: pointer; border: 1px solid var(--line); background: var(--raised); border-radius: 0.6rem; padding: 0.4rem 0.8rem; }
  button:hover { border-color: var(--accent); }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; margin: 0; }
  .skip { position: absolute; left: 1rem; top: -4rem; z-index: 5; background: var(--raised); padding: 0.5rem 1rem; border-radius: 0.5rem; color: inherit; }
  .skip:focus { top: 0.5rem; }
  .icon { display: inline-grid; place-items: center; width: 2.5rem; height: 2.5rem; padding: 0; border-color: transparent; background: none; color: var(--soft); flex: none; }
  .icon:hover { background: var(--sunken); color: var(--text); border-color: transparent; }
  .icon.small { width: 2rem; height: 2rem; }
  .icon.small svg { width: 16px; height: 16px; }

  .frame { display: grid; grid-template-columns: 17rem minmax(0, 1fr); height: 100%; }
  .sidebar { background: var(--sunken); border-right: 1px solid var(--line); padding: 0.75rem; overflow-y: auto; }
  .side-head { display: flex; gap: 0.5rem; align-items: center; margin-bottom: 0.75rem; }
  .new { flex: 1; display: flex; gap: 0.5rem; align-items: center; padding: 0.5rem 0.75rem; }
  .sidebar .empty { color: var(--soft); font-size: 0.9rem; padding: 0 0.5rem; }
  .sidebar ul { list-style: none; margin: 0; padding: 0; }
  .sidebar li { display: flex; align-items: center; border-radius: 0.6rem; position: relative; }
  .sidebar li:hover, .sidebar li:focus-within, .sidebar li[data-current] { background: color-mix(in srgb, var(--line) 60%, transparent); }
  .sidebar li .icon { position: absolute; right: 0.2rem; opacity: 0; }
  .sidebar li .icon:nth-child(2) { right: 2.2rem; }
  .sidebar li:hover .icon, .sidebar li:focus-within .icon { opacity: 1; }
  .sidebar li:hover .thread, .sidebar li:focus-within .thread { padding-right: 4.4rem; }
  .thread { flex: 1; min-width: 0; text-align: left; border: 0; background: none; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding: 0.45rem 0.6rem; font-size: 0.94rem; }
  .more { display: block; margin: 0.75rem auto; font-size: 0.9rem; color: var(--soft); }
  .open-drawer, .close-drawer, .shade { display: none; }

  main { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
  header { display: flex; align-items: center; gap: 0.5rem; padding: 0.5rem 1rem; border-bottom: 1px solid var(--line); min-height: 3.5rem; }
  h1 { flex: 1; min-width: 0; margin: 0; font-size: 1rem; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .log { flex: 1; overflow-y: auto; min-height: 0; overscroll-behavior: contain; }
  .column, .composer, .welcome { width: 100%; max-width: 48rem; margin: 0 auto; padding-inline: 1rem; }
  .column { padding-block: 1.5rem; display: flex; flex-direction: column; gap: 1.25rem; }
  .welcome { flex: 1; display: flex; flex-direction: column; justify-content: center; gap: 1.25rem; text-align: center; padding-block: 2rem; overflow-y: auto; }
  .greeting { font-size: 1.6rem; line-height: 1.3; font-weight: 600; margin: 0; }
  .prompts { display: flex; flex-wrap: wrap; gap: 0.6rem; justify-content: center; }
  .prompts button { border-radius: 1.2rem; padding: 0.5rem 1rem; }
  .note { color: var(--soft); font-size: 0.9rem; margin: 0; }

  .user { align-self: flex-end; max-width: 85%; background: var(--tint); border-radius: 1.1rem 1.1rem 0.3rem 1.1rem; padding: 0.6rem 1rem; }
  .user p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
  .answer { min-width: 0; }
  .tools { display: flex; gap: 0.1rem; margin: 0.35rem 0 0 -0.5rem; }
  .tools [aria-pressed="true"] { color: var(--accent); }
  .mark { display: inline-grid; place-items: center; min-width: 1.3rem; height: 1.3rem; padding: 0 0.3rem; margin: 0 0.1rem; font-size: 0.75rem; line-height: 1; font-weight: 600; vertical-align: 0.15em; border-radius: 0.4rem; border: 0; background: var(--tint); color: var(--accent); }
  .mark:hover { background: var(--accent); color: var(--on-accent); }

  .prose { overflow-wrap: anywhere; }
  .prose > :first-child { margin-top: 0; }
  .prose > :last-child { margin-bottom: 0; }
  .prose p, .prose ul, .prose ol, .prose blockquote { margin: 0 0 0.8rem; }
  .prose ul, .prose ol { padding-left: 1.5rem; }
  .prose h1, .prose h2, .prose h3, .prose h4, .prose h5, .prose h6 { font-size: 1.05rem; line-height: 1.35; margin: 1.2rem 0 0.5rem; white-space: normal; }
  .prose blockquote { border-left: 3px solid var(--line); padding-left: 1rem; }
  .prose a { color: var(--accent); }
  .prose code { font: 0.88em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; background: var(--sunken); border-radius: 0.3rem; padding: 0.1rem 0.3rem; }
  .code { border: 1px solid var(--line); border-radius: 0.7rem; overflow: hidden; margin: 0 0 0.8rem; background: var(--sunken); }
  .code-head { display: flex; justify-content: space-between; align-items: center; padding: 0.15rem 0.3rem 0.15rem 0.8rem; border-bottom: 1px solid var(--line); font-size: 0.8rem; color: var(--soft); }
  .code-head button { border: 0; background: none; padding: 0.2rem 0.6rem; font-size: 0.8rem; }
  .code pre { margin: 0; padding: 0.8rem; overflow-x: auto; }
  .code pre code { background: none; padding: 0; overflow-wrap: normal; }
  .table { overflow-x: auto; margin: 0 0 0.8rem; }
  table { border-collapse: collapse; font-size: 0.94rem; }
  th, td { border: 1px solid var(--line); padding: 0.35rem 0.7rem; text-align: left; vertical-align: top; overflow-wrap: normal; }
  th { background: var(--sunken); }

  .sources { margin-top: 0.9rem; display: flex; flex-direction: column; gap: 0.4rem; }
  .sources details { border: 1px solid var(--line); border-radius: 0.7rem; background: var(--raised); }
  .sources summary { cursor: pointer; display: flex; align-items: baseline; gap: 0.6rem; padding: 0.45rem 0.8rem; font-size: 0.92rem; list-style: none; }
  .sources summary::-webkit-details-marker { display: none; }
  .number { flex: none; font-size: 0.75rem; font-weight: 600; color: var(--accent); background: var(--tint); border-radius: 0.4rem; padding: 0 0.4rem; }
  .source-title { font-weight: 600; flex: none; max-width: 60%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .where { color: var(--soft); min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .passage { border-top: 1px solid var(--line); padding: 0.8rem; font-size: 0.94rem; max-height: 24rem; overflow-y: auto; }
  .meta { color: var(--soft); font-size: 0.82rem; margin: 0.6rem 0 0; overflow-wrap: anywhere; }
  .steps { color: var(--soft); font-size: 0.9rem; }
  .steps summary { cursor: pointer; width: fit-content; }
  .steps ol { margin: 0.3rem 0 0; padding-left: 1.6rem; }
  .steps[data-running] summary { animation: breathe 1.6s ease-in-out infinite; }
  .progress { display: flex; align-items: center; gap: 0.6rem; margin: 0; color: var(--soft); font-size: 0.92rem; min-height: 1.6rem; }
  .dots { display: inline-flex; gap: 0.25rem; }
  .dots i { width: 0.4rem; height: 0.4rem; border-radius: 50%; background: currentColor; animation: breathe 1.2s ease-in-out infinite; }
  .dots i:nth-child(2) { animation-delay: 0.2s; }
  .dots i:nth-child(3) { animation-delay: 0.4s; }
  @keyframes breathe { 50% { opacity: 0.35; } }
  @media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
  .failure, .notice { display: flex; gap: 1rem; align-items: center; justify-content: space-between; border-radius: 0.8rem; padding: 0.7rem 1rem; text-align: left; }
  .failure { background: var(--bad-tint); color: var(--bad); }
  .notice { background: var(--tint); }
  .failure p, .notice p { margin: 0; }
  .failure button { flex: none; border-color: currentColor; background: none; }

  .card { border: 1px solid var(--line); border-radius: 0.9rem; background: var(--raised); padding: 0.8rem 1rem; max-width: 34rem; }
  .card, .card .col { display: flex; flex-direction: column; gap: 0.5rem; min-width: 0; }
  .card[data-busy] { opacity: 0.7; }
  .card .row { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 0.6rem; min-width: 0; }
  .card h3, .card p { margin: 0; overflow-wrap: anywhere; }
  .card h3 { font-size: 1rem; }
  .card [data-strong] { font-weight: 600; }
  .card hr { width: 100%; border: 0; border-top: 1px solid var(--line); margin: 0; }
  .card button:disabled { cursor: default; }
  .card .ghost { border-color: transparent; background: none; padding: 0.2rem 0.6rem; font-size: 0.9rem; color: var(--soft); }
  .card input:not([type="checkbox"]), .card select { border: 1px solid var(--line); border-radius: 0.6rem; background: var(--ground); color: inherit; font: inherit; padding: 0.4rem 0.7rem; width: 100%; color-scheme: inherit; }
  .card .field > span { display: block; font-size: 0.88rem; color: var(--soft); }
  .spacer { flex: 1; }
  .check { display: flex; align-items: baseline; gap: 0.6rem; min-width: 0; overflow-wrap: anywhere; cursor: pointer; }
  .check input { accent-color: var(--accent); width: 1.05rem; height: 1.05rem; flex: none; translate: 0 0.15rem; }
  .check input:checked + span { text-decoration: line-through; color: var(--soft); }
  .badge { width: fit-content; font-size: 0.8rem; line-height: 1.5; border-radius: 0.4rem; padding: 0.05rem 0.5rem; background: var(--sunken); color: var(--soft); }
  .badge[data-color="danger"] { background: var(--bad-tint); color: var(--bad); }
  .badge[data-color="success"], .badge[data-color="info"] { background: var(--tint); color: var(--accent); }

  .composer { display: flex; align-items: flex-end; gap: 0.5rem; padding-block: 0.75rem 1rem; position: relative; }
  textarea { flex: 1; min-width: 0; resize: none; max-height: 12rem; border: 1px solid var(--line); border-radius: 1.2rem; background: var(--raised); padding: 0.65rem 3.2rem 0.65rem 1.1rem; line-height: 1.5; }
  textarea::placeholder { color: var(--soft); }
  textarea:focus { outline: 2px solid var(--accent); outline-offset: -1px; }
  .send { position: absolute; right: 1.4rem; bottom: 1.375rem; display: grid; place-items: center; width: 2.2rem; height: 2.2rem; padding: 0; border: 0; border-radius: 50%; background: var(--accent); color: var(--on-accent); }

  dialog { border: 1px solid var(--line); border-radius: 1rem; padding: 1.25rem; width: min(26rem, calc(100vw - 2rem)); background: var(--raised); color: var(--text); }
  dialog::backdrop { background: rgb(0 0 0 / 40%); }
  dialog h2 { margin: 0 0 0.75rem; font-size: 1.1rem; }
  dialog p { margin: 0; color: var(--soft); }
  dialog input { width: 100%; padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 0.6rem; background: var(--ground); }
  .buttons { display: flex; flex-direction: row-reverse; justify-content: flex-start; gap: 0.5rem; margin-top: 1rem; }
  .primary { background: var(--accent); color: var(--on-accent); border-color: transparent; }
  .primary.danger { background: var(--bad); color: light-dark(#ffffff, #2a1513); }

  @container (max-width: 52rem) {
    .frame { grid-template-columns: minmax(0, 1fr); }
    .sidebar { position: absolute; inset: 0 auto 0 0; width: min(19rem, 85vw); z-index: 3; visibility: hidden; transform: translateX(-100%); transition: transform 0.18s ease-out, visibility 0.18s; }
    [data-drawer] .sidebar { visibility: visible; transform: none; }
    [data-drawer] .shade { display: block; position: absolute; inset: 0; background: rgb(0 0 0 / 40%); z-index: 2; }
    .open-drawer, .close-drawer { display: inline-grid; }
    .sidebar li .icon { opacity: 1; }
    .sidebar li .thread { padding-right: 4.4rem; }
    .user { max-width: 92%; }
    .where { display: none; }
    .source-title { max-width: 85%; }
  }
`;
