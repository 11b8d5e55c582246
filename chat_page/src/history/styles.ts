// The looks of the list of chats.
import { css } from "lit";

export const historyStyles = css`
  :host { display: contents; }
  * { box-sizing: border-box; }
  button, input { font: inherit; color: inherit; }
  button { cursor: pointer; border: 1px solid transparent; background: none; border-radius: 0.6rem; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
  nav { background: var(--sunken); border-inline-end: 1px solid var(--line); display: flex;
    flex-direction: column; min-height: 0; min-width: 0; }
  .head { display: flex; gap: 0.5rem; align-items: center; padding: 0.75rem 0.75rem 0.5rem; }
  .new { flex: 1; display: flex; gap: 0.5rem; align-items: center; padding: 0.5rem 0.75rem;
    background: var(--raised); border-color: var(--line); }
  .new:hover { border-color: var(--accent); }
  .icon { display: inline-grid; place-items: center; flex: none; width: 2rem; height: 2rem; padding: 0;
    color: var(--soft); }
  .icon:hover { background: var(--raised); color: var(--text); }
  .icon svg { width: 16px; height: 16px; }
  .search { position: relative; margin: 0 0.75rem 0.25rem; color: var(--soft); }
  .search svg { position: absolute; inset-block-start: 0.6rem; inset-inline-start: 0.65rem; width: 16px;
    height: 16px; pointer-events: none; }
  .search input { width: 100%; border: 1px solid transparent; border-radius: 0.6rem;
    background: color-mix(in srgb, var(--line) 45%, transparent); color: var(--text);
    padding: 0.35rem 0.5rem 0.35rem 2.1rem; font-size: 0.92rem; }
  .search input::placeholder { color: var(--soft); opacity: 1; }
  .list { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 0 0.75rem 1rem; }
  .foot { margin: 0; padding: 0.6rem 1.35rem; border-top: 1px solid var(--line); font-size: 0.92rem; }
  .foot a { color: var(--soft); }
  .foot a:hover { color: var(--text); }
  h2 { margin: 0.9rem 0.6rem 0.25rem; font-size: 0.78rem; font-weight: 600; color: var(--soft); }
  ul { list-style: none; margin: 0; padding: 0; }
  li { display: flex; align-items: center; border-radius: 0.6rem; position: relative; }
  li:hover, li:focus-within { background: color-mix(in srgb, var(--line) 55%, transparent); }
  li[data-current] { background: color-mix(in srgb, var(--accent) 15%, transparent); }
  li .icon { position: absolute; inset-inline-end: 0.15rem; opacity: 0; }
  li .icon:nth-of-type(2) { inset-inline-end: 2.15rem; }
  li:hover .icon, li:focus-within .icon { opacity: 1; }
  li:hover .thread, li:focus-within .thread { padding-inline-end: 4.4rem; }
  .thread { flex: 1; min-width: 0; text-align: start; overflow: hidden; text-overflow: ellipsis;
    white-space: nowrap; padding: 0.4rem 0.6rem; font-size: 0.94rem; }
  [data-current] .thread { font-weight: 500; }
  li input { flex: 1; min-width: 0; margin: 0.1rem; border: 1px solid var(--accent); border-radius: 0.5rem;
    background: var(--raised); padding: 0.3rem 0.5rem; font-size: 0.94rem; }
  .empty { color: var(--soft); font-size: 0.9rem; padding: 0 0.6rem; }
  .more { display: block; margin: 0.75rem auto; font-size: 0.9rem; color: var(--soft);
    padding: 0.3rem 0.8rem; }
  .toasts { position: absolute; inset-block-start: 4.5rem; inset-inline: 1rem; z-index: 7;
    pointer-events: none; }
  .toast { pointer-events: auto; width: fit-content; max-width: 100%; margin-inline: auto; display: flex;
    align-items: center; gap: 0.75rem; padding: 0.5rem 0.5rem 0.5rem 1rem; border-radius: 0.8rem;
    background: var(--text); color: var(--ground);
    box-shadow: 0 6px 24px rgb(0 0 0 / 25%); font-size: 0.94rem; }
  .toast span { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .toast button { font-weight: 600; padding: 0.25rem 0.7rem; flex: none; text-decoration: underline;
    text-underline-offset: 0.2em; }
  .toast button:focus-visible { outline-color: currentColor; }
  .close, .shade { display: none; }
  @container (max-width: 52rem) {
    nav { position: absolute; inset-block: 0; inset-inline-start: 0; width: min(20rem, 86vw); z-index: 5;
      visibility: hidden; translate: -100% 0;
      transition: translate 0.18s ease-out, visibility 0s 0.18s; }
    nav:dir(rtl) { translate: 100% 0; }
    nav[data-open] { visibility: visible; translate: none; transition: translate 0.18s ease-out; }
    .shade[data-open] { display: block; position: absolute; inset: 0; background: rgb(0 0 0 / 40%);
      z-index: 4; }
    .close { display: inline-grid; }
    li .icon { opacity: 1; }
    li .thread { padding-inline-end: 4.4rem; padding-block: 0.55rem; }
  }
  @media (prefers-reduced-motion: reduce) { nav { transition: none; } }
`;
