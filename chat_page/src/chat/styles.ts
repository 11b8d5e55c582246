// The looks of what is said: messages, their sources, steps, cards.
import { css } from "lit";

export const answerStyles = css`
  .user { background: var(--tint); border-radius: 1.1rem; border-end-end-radius: 0.3rem;
    padding: 0.6rem 1rem; }
  .user p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
  .answer { min-width: 0; }
  .tools { display: flex; gap: 0.1rem; margin: 0.35rem 0 0 -0.5rem; }
  .tools [aria-pressed="true"] { color: var(--accent); }
  .mark { display: inline-grid; place-items: center; min-width: 1.3rem; height: 1.3rem; padding: 0 0.3rem;
    margin: 0 0.1rem; font-size: 0.75rem; line-height: 1; font-weight: 600; vertical-align: 0.15em;
    border-radius: 0.4rem; border: 0; background: var(--tint); color: var(--accent); }
  .mark:hover { background: var(--accent); color: var(--on-accent); }

  .sources { margin-top: 0.8rem; display: flex; flex-wrap: wrap; gap: 0.4rem; }
  .source { display: inline-flex; align-items: center; gap: 0.45rem; max-width: min(100%, 20rem);
    padding: 0.25rem 0.7rem 0.25rem 0.35rem; font-size: 0.86rem; line-height: 1.5; border-radius: 0.7rem;
    text-align: start; }
  .number { flex: none; font-size: 0.72rem; font-weight: 600; color: var(--accent); background: var(--tint);
    border-radius: 0.4rem; padding: 0.05rem 0.42rem; }
  .source-title { font-weight: 550; min-width: 3rem; overflow: hidden; text-overflow: ellipsis;
    white-space: nowrap; }
  .where { color: var(--soft); min-width: 0; flex: 0 1000 auto; overflow: hidden; text-overflow: ellipsis;
    white-space: nowrap; }
  .meta { color: var(--soft); font-size: 0.82rem; margin: 0.6rem 0 0; overflow-wrap: anywhere; }
  .steps { color: var(--soft); font-size: 0.9rem; }
  .steps summary { cursor: pointer; width: fit-content; max-width: 100%; display: flex; align-items: center;
    gap: 0.5rem; list-style: none; border-radius: 0.5rem; padding: 0.1rem 0.3rem;
    margin-inline-start: -0.3rem; }
  .steps summary::-webkit-details-marker { display: none; }
  .steps summary::after { content: ""; width: 0.4rem; height: 0.4rem; border: solid currentColor;
    border-width: 0 1.5px 1.5px 0; rotate: -45deg; transition: rotate 0.12s; flex: none; }
  .steps[open] summary::after { rotate: 45deg; }
  .steps summary:hover { color: var(--text); }
  .steps svg { width: 1rem; height: 1rem; flex: none; }
  .count { font-size: 0.8rem; font-variant-numeric: tabular-nums; opacity: 0.85; white-space: nowrap; }
  .count::before { content: "· "; }
  .steps ol { list-style: none; margin: 0.4rem 0 0 0.45rem; padding: 0 0 0 1rem;
    border-inline-start: 1px solid var(--line); display: flex; flex-direction: column; gap: 0.35rem; }
  .steps li > span { display: block; overflow-wrap: anywhere; }
  .query { display: block; font-size: 0.86rem; color: var(--text); overflow-wrap: anywhere; }
  .spinner { width: 0.9rem; height: 0.9rem; flex: none; border: 2px solid var(--line);
    border-top-color: var(--accent); border-radius: 50%; animation: turn 0.8s linear infinite; }
  @keyframes turn { to { rotate: 1turn; } }
  .progress { display: flex; align-items: center; gap: 0.6rem; margin: 0; color: var(--soft);
    font-size: 0.92rem; min-height: 1.6rem; }
  .dots { display: inline-flex; gap: 0.25rem; }
  .dots i { width: 0.4rem; height: 0.4rem; border-radius: 50%; background: currentColor;
    animation: breathe 1.2s ease-in-out infinite; }
  .dots i:nth-child(2) { animation-delay: 0.2s; }
  .dots i:nth-child(3) { animation-delay: 0.4s; }
  @keyframes breathe { 50% { opacity: 0.35; } }
  @media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
  .failure, .notice { display: flex; gap: 1rem; align-items: center; justify-content: space-between;
    border-radius: 0.8rem; padding: 0.7rem 1rem; text-align: left; }
  .failure { background: var(--bad-tint); color: var(--bad); }
  .notice { background: var(--tint); }
  .notice[data-level="warning"] { background: light-dark(#fbf2dc, #3a311c); }
  .notice[data-level="danger"] { background: var(--bad-tint); color: var(--bad); }
  .notice .prose { font-size: 0.95rem; }
  .notice button { flex: none; }
  .primary { background: var(--accent); color: var(--on-accent); border-color: transparent; }
  .primary.danger { background: var(--bad); color: light-dark(#ffffff, #2a1513); }
  .ways { display: flex; flex-wrap: wrap; gap: 0.5rem; }
  .failure .ways, .notice .ways { flex: none; }
  .waiting { display: flex; flex-direction: column; gap: 0.4rem; }
  .waiting .user { opacity: 0.7; }
  .failure .plain { border-color: transparent; }
  .failure p, .notice p { margin: 0; }
  .failure button { flex: none; border-color: currentColor; background: none; }

  .log { overflow-anchor: none; }
  .reading { position: relative; flex: 1; min-height: 0; display: flex; flex-direction: column; }
  main:has(owflex-passage) { padding-inline-end: var(--panel-width, 26rem); }
  .said { align-self: flex-end; max-width: 85%; display: flex; flex-direction: row-reverse;
    align-items: center; gap: 0.2rem; }
  .said .user { max-width: 100%; min-width: 0; }
  .said { flex-wrap: wrap; }
  .versions { order: 1; flex-basis: 100%; display: flex; justify-content: flex-end; align-items: center;
    gap: 0.15rem; color: var(--soft); font-size: 0.82rem; font-variant-numeric: tabular-nums; }
  .versions [aria-disabled="true"] { opacity: 0.35; cursor: default; }
  .said > .icon { opacity: 0; transition: opacity 0.12s; }
  .said:hover > .icon, .said:focus-within > .icon { opacity: 1; }
  .edit { align-self: stretch; display: flex; flex-direction: column; gap: 0.6rem; background: var(--tint);
    border-radius: 1.1rem; padding: 0.8rem 1rem; }
  .edit textarea { border-radius: 0.8rem; padding: 0.6rem 0.8rem; max-height: 40vh; resize: vertical; }
  .edit .meta { margin: 0; }
  .why { margin-top: 0.6rem; max-width: 34rem; border: 1px solid var(--line); border-radius: 0.9rem;
    background: var(--raised); padding: 0.9rem 1rem; display: flex; flex-direction: column; gap: 0.7rem;
    animation: appear 0.14s ease-out; }
  @keyframes appear { from { opacity: 0; translate: 0 -0.3rem; } }
  fieldset { border: 0; margin: 0; padding: 0; min-width: 0; display: flex; flex-wrap: wrap; gap: 0.4rem; }
  legend, .asked { font-weight: 600; padding: 0; margin-bottom: 0.4rem; font-size: 0.95rem; display: block;
    overflow-wrap: anywhere; }
  .chip { position: relative; display: inline-flex; cursor: pointer; max-width: 100%; }
  .chip input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: pointer; }
  .chip span { border: 1px solid var(--line); border-radius: 1rem; padding: 0.2rem 0.75rem;
    font-size: 0.9rem; overflow-wrap: anywhere; }
  .chip:hover span { border-color: var(--accent); }
  .chip input:checked + span { background: var(--tint); border-color: var(--accent); color: var(--accent); }
  .chip input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: 2px; }
  .chip input:disabled + span { opacity: 0.6; }
  .why input[type="text"], .questions input[type="text"], .questions textarea { width: 100%;
    border: 1px solid var(--line); border-radius: 0.6rem; background: var(--ground); padding: 0.4rem 0.7rem; }
  .questions { gap: 1.1rem; margin: 0; }
  .questions dt { font-size: 0.9rem; color: var(--soft); }
  .questions dd { margin: 0; overflow-wrap: anywhere; }
  .questions .meta { margin: 0 0 0.4rem; display: block; }
  .suggestions { display: flex; flex-direction: column; align-items: flex-start; gap: 0.4rem;
    animation: appear 0.2s ease-out; }
  .suggestions button { display: flex; gap: 0.6rem; align-items: center; text-align: start;
    border-radius: 1rem; padding: 0.35rem 0.9rem 0.35rem 0.7rem; font-size: 0.93rem; max-width: 100%;
    overflow-wrap: anywhere; }
  .suggestions svg { width: 1rem; height: 1rem; color: var(--accent); flex: none; }
  .aside { color: var(--soft); font-size: 0.9rem; margin: 0; font-style: italic; }
  .picture { display: block; align-self: flex-start; max-width: 100%; max-height: 32rem;
    border-radius: 0.8rem; }
  .peek { position: absolute; z-index: 3; width: max-content; max-width: min(22rem, calc(100% - 0.8rem));
    background: var(--raised); border: 1px solid var(--line); border-radius: 0.7rem; padding: 0.55rem 0.8rem;
    font-size: 0.86rem; line-height: 1.45; box-shadow: 0 6px 24px rgb(0 0 0 / 14%); pointer-events: none;
    overflow-wrap: anywhere; }
  .peek[hidden] { display: none; }
  .peek b { display: block; margin-bottom: 0.15rem; }
  .peek span { color: var(--soft); }
  .jump { position: absolute; bottom: 0.6rem; inset-inline: 0; margin: auto; width: 2.4rem; height: 2.4rem;
    padding: 0; display: grid; place-items: center; border-radius: 50%;
    box-shadow: 0 3px 12px rgb(0 0 0 / 14%); }
  .quote-it { position: absolute; bottom: 0.7rem; inset-inline-end: 1rem; display: flex; gap: 0.4rem;
    align-items: center; border-radius: 1.2rem; box-shadow: 0 3px 12px rgb(0 0 0 / 14%); font-size: 0.9rem; }
  .menu { position: relative; }
  .menu summary { list-style: none; cursor: pointer; border-radius: 0.6rem; }
  .menu summary::-webkit-details-marker { display: none; }
  .choices { position: absolute; inset-inline-end: 0; top: calc(100% + 0.3rem); z-index: 4; display: flex;
    flex-direction: column; min-width: 11rem; padding: 0.3rem; background: var(--raised);
    border: 1px solid var(--line); border-radius: 0.8rem; box-shadow: 0 6px 24px rgb(0 0 0 / 14%); }
  .choices button { border: 0; background: none; text-align: start; padding: 0.45rem 0.7rem; }
  .choices button:hover { background: var(--sunken); }

  .card { border: 1px solid var(--line); border-radius: 0.9rem; background: var(--raised);
    padding: 0.8rem 1rem; max-width: 34rem; }
  .card, .card .col { display: flex; flex-direction: column; gap: 0.5rem; min-width: 0; }
  .card[data-busy] { opacity: 0.7; }
  .card .row { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 0.6rem; min-width: 0; }
  .card h3, .card p { margin: 0; overflow-wrap: anywhere; }
  .card h3 { font-size: 1rem; }
  .card [data-strong] { font-weight: 600; }
  .card hr { width: 100%; border: 0; border-top: 1px solid var(--line); margin: 0; }
  .card button:disabled { cursor: default; }
  .card .ghost { border-color: transparent; background: none; padding: 0.2rem 0.6rem; font-size: 0.9rem;
    color: var(--soft); }
  .card input:not([type="checkbox"], [type="radio"]), .card select, .card textarea {
    border: 1px solid var(--line); border-radius: 0.6rem; background: var(--ground); color: inherit;
    font: inherit; padding: 0.4rem 0.7rem; width: 100%; color-scheme: inherit; }
  .card .field > span { display: block; font-size: 0.88rem; color: var(--soft); }
  .card[data-size="sm"] { max-width: 24rem; }
  .card[data-size="lg"], .card[data-size="full"] { max-width: none; }
  .card [data-italic] { font-style: italic; }
  .card [data-struck] { text-decoration: line-through; }
  .card [data-cut] { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .card .entry { width: 100%; text-align: start; border-color: transparent; background: none;
    padding: 0.4rem 0.5rem; margin-inline: -0.5rem; }
  .card .entry:hover { background: var(--sunken); }
  .card .asked { color: var(--text); font-size: 0.95rem; }
  .card > button, .card .col > button { align-self: flex-start; }
  .card .block { width: 100%; }
  .card .rest summary { cursor: pointer; color: var(--soft); font-size: 0.9rem; }
  .card a { color: var(--accent); overflow-wrap: anywhere; }
  .card meter { display: block; width: 100%; min-width: 4rem; height: 0.5rem; accent-color: var(--accent); }
  .glyph svg { width: 1.1rem; height: 1.1rem; vertical-align: -0.2rem; }
  .pick { display: flex; align-items: baseline; gap: 0.5rem; cursor: pointer; }
  .pick input { accent-color: var(--accent); flex: none; }
  .spacer { flex: 1; }
  .check { display: flex; align-items: baseline; gap: 0.6rem; min-width: 0; overflow-wrap: anywhere;
    cursor: pointer; }
  .check input { accent-color: var(--accent); width: 1.05rem; height: 1.05rem; flex: none;
    translate: 0 0.15rem; }
  .check input:checked + span { text-decoration: line-through; color: var(--soft); }
  .badge { width: fit-content; font-size: 0.8rem; line-height: 1.5; border-radius: 0.4rem;
    padding: 0.05rem 0.5rem; background: var(--sunken); color: var(--soft); }
  .badge[data-color="danger"] { background: var(--bad-tint); color: var(--bad); }
  .badge[data-color="success"], .badge[data-color="info"] { background: var(--tint); color: var(--accent); }

  @container (max-width: 52rem) {
    .said { max-width: 94%; }
    .said > .icon { opacity: 1; }
    .where { display: none; }
  }
  @container (max-width: 60rem) {
    main:has(owflex-passage) { padding-inline-end: 0; }
  }
`;
