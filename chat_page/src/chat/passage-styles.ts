// The looks of the panel with a passage: at the side on wide screens, a sheet at the bottom of small ones.
import { css } from "lit";

export const passageStyles = css`
  * { box-sizing: border-box; }
  :host { display: contents; }
  .shade { display: none; }
  .panel { position: absolute; inset-block: 0; inset-inline-end: 0; width: var(--panel-width, 26rem);
    max-width: 100%; z-index: 4; display: flex;
    flex-direction: column; background: var(--raised); border-inline-start: 1px solid var(--line);
    animation: slide 0.16s ease-out; }
  header { display: flex; gap: 0.5rem; align-items: flex-start; padding: 0.9rem 0.6rem 0.8rem 1.1rem;
    border-bottom: 1px solid var(--line); }
  .head { flex: 1; min-width: 0; }
  h2 { margin: 0; font-size: 1.02rem; line-height: 1.35; overflow-wrap: anywhere; }
  h3 { margin: 0 0 0.5rem; font-size: 0.95rem; color: var(--soft); font-weight: 600; overflow-wrap: anywhere;
    }
  .meta { color: var(--soft); font-size: 0.84rem; line-height: 1.5; margin: 0.25rem 0 0;
    overflow-wrap: anywhere; }
  .open { display: inline-block; margin-top: 0.35rem; font-size: 0.88rem; color: var(--accent); }
  button { font: inherit; color: inherit; cursor: pointer; }
  .close { display: inline-grid; place-items: center; width: 2.5rem; height: 2.5rem; flex: none; border: 0;
    border-radius: 0.6rem; background: none; color: var(--soft); }
  .close:hover { background: var(--sunken); color: var(--text); }
  .code-head button { cursor: default; visibility: hidden; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
  .text { flex: 1; min-height: 0; overflow-y: auto; padding: 1.1rem; font-size: 0.94rem; display: flex;
    flex-direction: column; gap: 0.8rem; }
  .text > div.prose { color: var(--soft); }
  mark { display: block; background: var(--tint); color: var(--text); border-radius: 0.6rem;
    padding: 0.7rem 0.85rem; box-shadow: inset 3px 0 0 var(--accent); }
  @keyframes slide { from { opacity: 0; transform: translateX(1.5rem); } }
  @keyframes rise { from { opacity: 0; transform: translateY(2rem); } }
  @container (max-width: 60rem) {
    .shade { display: block; position: absolute; inset: 0; background: rgb(0 0 0 / 40%); z-index: 4; }
  }
  @container (max-width: 52rem) {
    .panel { inset: auto 0 0; width: 100%; max-height: 78%; border: 0; border-radius: 1rem 1rem 0 0;
      animation-name: rise; }
  }
  @media (prefers-reduced-motion: reduce) { .panel { animation: none; } }
`;
