// The looks of the list of documents, and of one document.

import { css } from "lit";

export const shelf = css`
  :host { container-type: inline-size; }
  .shelf { display: grid; grid-template-columns: 12rem minmax(0, 1fr); gap: 1.25rem; align-items: start; }
  .side h2 { font-size: 0.78rem; text-transform: uppercase; letter-spacing: 0.05em; color: var(--soft);
    margin: 0.4rem 0.6rem; }
  .side ul { list-style: none; margin: 0; padding: 0; }
  .side a { display: flex; align-items: center; gap: 0.5rem; padding: 0.35rem 0.6rem; border-radius: 0.5rem;
    color: var(--text); text-decoration: none; }
  .side a:hover { background: var(--sunken); }
  .side a[aria-current] { background: var(--tint); font-weight: 600; }
  .side a span { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .side svg { width: 16px; height: 16px; color: var(--soft); }
  .side small { font-variant-numeric: tabular-nums; font-weight: 400; }
  .tools { display: flex; gap: 0.75rem; align-items: center; margin-bottom: 0.75rem; }
  .find { position: relative; flex: 1; max-width: 26rem; display: block; }
  .find svg { position: absolute; left: 0.6rem; top: 50%; translate: 0 -50%; width: 16px; height: 16px;
    color: var(--soft); }
  .find input { width: 100%; padding-left: 2rem; }
  .count { color: var(--soft); margin-left: auto; white-space: nowrap; }
  .documents { width: 100%; border-collapse: separate; border-spacing: 0; border: 1px solid var(--line);
    border-radius: 0.8rem; background: var(--raised); font-size: inherit; table-layout: fixed; }
  .documents th, .documents td { border: 0; border-bottom: 1px solid var(--line); padding: 0.5rem 0.8rem;
    text-align: left; vertical-align: middle; background: none; }
  .documents tbody tr:last-child td { border-bottom: 0; }
  .documents th { font-size: 0.82rem; font-weight: 500; color: var(--soft); padding-block: 0.35rem;
    width: 8.2rem; }
  .documents th:first-child { width: auto; }
  .documents tbody tr:hover td { background: var(--sunken); }
  .documents td { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; position: relative; }
  .documents tr { position: relative; }
  .documents .name a { color: var(--text); font-weight: 550; }
  .documents .name a::after { content: ""; position: absolute; inset: 0; }
  .documents .name { overflow: visible; position: static; }
  .documents .name a, .documents .name small { display: block; overflow: hidden; text-overflow: ellipsis;
    white-space: nowrap; }
  .documents .name a:focus-visible { outline: none; }
  .documents tr:has(a:focus-visible) { outline: 2px solid var(--accent); outline-offset: -2px;
    border-radius: 0.5rem; }
  .documents .number, .figures .number { text-align: right; font-variant-numeric: tabular-nums; }
  .documents .number { width: 5.5rem; }
  .when { color: var(--soft); }
  .sort { border: 0; background: none; padding: 0.1rem 0; color: inherit; }
  .sort:hover { color: var(--text); text-decoration: underline; }
  .sort span { display: inline-block; width: 1em; }
  [aria-sort] { color: var(--text) !important; }
  .reader { max-width: 50rem; margin: 0 auto; }
  .reader .title h2 { margin: 0.6rem 0 0; font-size: 1.35rem; line-height: 1.3; overflow-wrap: anywhere; }
  .reader .title p { margin: 0.2rem 0 0.9rem; overflow-wrap: anywhere; }
  .actions { flex-wrap: wrap; margin-bottom: 1rem; }
  .metadata { margin-bottom: 1rem; }
  summary { cursor: pointer; }
  .metadata dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.2rem 1rem;
    margin: 0.5rem 0 0; }
  dt { color: var(--soft); }
  dd { margin: 0; overflow-wrap: anywhere; }
  .sheet { border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised);
    padding: 1rem 1.25rem; margin-bottom: 0.75rem; }
  .sheet[data-found="true"], .sheet[data-found]:not([data-found="false"]) { border-color: var(--accent);
    box-shadow: 0 0 0 1px var(--accent); }
  .place { margin: 0 0 0.4rem; font-size: 0.86rem; }
  @container (max-width: 66rem) { .documents .wider { display: none; } }
  @container (max-width: 46rem) {
    .shelf { grid-template-columns: minmax(0, 1fr); gap: 0.75rem; }
    .side h2 { display: none; }
    .side ul { display: flex; gap: 0.4rem; overflow-x: auto; padding: 2px; scrollbar-width: thin; }
    .side a { border: 1px solid var(--line); border-radius: 1rem; padding: 0.2rem 0.7rem;
      white-space: nowrap; }
    .wide { display: none; }
    .documents th { width: 6.2rem; }
    .documents .number { width: 5rem; }
    .documents th, .documents td { padding-inline: 0.6rem; }
    .sheet { padding: 0.8rem; }
  }
`;
