// The looks. Every class is used in one place; colors are named once.
import { css } from "lit";

export const styles = css`
  :host {
    --ground: var(--owflex-ground, light-dark(#fbfaf8, #16181c));
    --raised: var(--owflex-raised, light-dark(#ffffff, #1f2228));
    --sunken: var(--owflex-sunken, light-dark(#f1efeb, #121417));
    --line: var(--owflex-line, light-dark(#e2dfd8, #30343c));
    --text: var(--owflex-text, light-dark(#22252a, #e6e7ea));
    --soft: var(--owflex-soft, light-dark(#5d636d, #a3a9b4));
    --accent: var(--owflex-accent, light-dark(#2f6f5e, #7fc4ae));
    --on-accent: var(--owflex-on-accent, light-dark(#ffffff, #10211c));
    --tint: color-mix(in srgb, var(--accent) 13%, var(--ground));
    --bad: light-dark(#a53a2e, #f0968b);
    --bad-tint: light-dark(#fbeae8, #3a2321);
  }
  * { box-sizing: border-box; }
  button, input, textarea { font: inherit; color: inherit; }
  button { cursor: pointer; border: 1px solid var(--line); background: var(--raised); border-radius: 0.6rem;
    padding: 0.4rem 0.8rem; }
  button:hover { border-color: var(--accent); }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
    white-space: nowrap; margin: 0; }
  .skip { position: absolute; inset-inline-start: 1rem; top: -4rem; z-index: 5; background: var(--raised);
    padding: 0.5rem 1rem; border-radius: 0.5rem; color: inherit; }
  .skip:focus { top: 0.5rem; }
  .icon { display: inline-grid; place-items: center; width: 2.5rem; height: 2.5rem; padding: 0;
    border-color: transparent; background: none; color: var(--soft); flex: none; }
  .icon:hover { background: var(--sunken); color: var(--text); border-color: transparent; }
  .icon.small { width: 2rem; height: 2rem; }
  .icon.small svg { width: 16px; height: 16px; }

  .frame { display: grid; grid-template-columns: 17rem minmax(0, 1fr); height: 100%; }
  .more { display: block; margin: 0.75rem auto; font-size: 0.9rem; color: var(--soft); }
  .open-drawer { display: none; }

  main { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
  header { display: flex; align-items: center; gap: 0.5rem; padding: 0.5rem 1rem;
    border-bottom: 1px solid var(--line); min-height: 3.5rem; }
  h1 { flex: 1; min-width: 0; margin: 0; font-size: 1rem; font-weight: 600; overflow: hidden;
    text-overflow: ellipsis; white-space: nowrap; }
  .log { flex: 1; overflow-y: auto; min-height: 0; overscroll-behavior: contain; }
  .column, .welcome { width: 100%; max-width: 48rem; margin: 0 auto; padding-inline: 1rem; }
  .column { padding-block: 1.5rem; display: flex; flex-direction: column; gap: 1.25rem; }
  .welcome { flex: 1; display: flex; flex-direction: column; justify-content: center; gap: 1.25rem;
    text-align: center; padding-block: 2rem; overflow-y: auto; }
  .greeting { font-size: 1.6rem; line-height: 1.3; font-weight: 600; margin: 0; }
  .prompts { display: flex; flex-wrap: wrap; gap: 0.6rem; justify-content: center; }
  .prompts button { border-radius: 1.2rem; padding: 0.5rem 1rem; }
  .note { color: var(--soft); font-size: 0.9rem; margin: 0; }


  dialog { border: 1px solid var(--line); border-radius: 1rem; padding: 1.25rem;
    width: min(26rem, calc(100vw - 2rem)); background: var(--raised); color: var(--text); }
  dialog::backdrop { background: rgb(0 0 0 / 40%); }

  @container (max-width: 52rem) {
    .frame { grid-template-columns: minmax(0, 1fr); }
    .open-drawer { display: inline-grid; }
  }
`;
