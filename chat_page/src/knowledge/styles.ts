// The looks of the knowledge view; the colors come from the element it stands in.
import { css } from "lit";

const controls = css`
  :host { display: block; color: var(--text); font-size: 0.92rem; line-height: 1.5; min-height: 0; min-width: 0; }
  * { box-sizing: border-box; }
  button, input, select { font: inherit; color: inherit; }
  button { cursor: pointer; border: 1px solid var(--line); background: var(--raised); border-radius: 0.55rem; padding: 0.35rem 0.75rem; }
  button:hover:not(:disabled) { border-color: var(--accent); }
  button:disabled { opacity: 0.6; cursor: default; }
  a { color: var(--accent); text-decoration: none; }
  a:hover, .title a { text-decoration: underline; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .page:focus, h2:focus, .sheet:focus { outline: none; }
  input:not([type="range"], [type="file"]), select { border: 1px solid var(--line); border-radius: 0.55rem; background: var(--raised); padding: 0.35rem 0.6rem; min-width: 0; }
  input::placeholder { color: var(--soft); opacity: 1; }
  .primary { background: var(--accent); color: var(--on-accent); border-color: transparent; }
  .danger { color: var(--bad); }
  .primary.danger { background: var(--bad); color: light-dark(#ffffff, #2a1513); }
  .quiet { border-color: transparent; background: none; color: var(--accent); padding: 0.15rem 0.4rem; }
  .icon { display: inline-grid; place-items: center; width: 2rem; height: 2rem; padding: 0; border-color: transparent; background: none; color: var(--soft); flex: none; border-radius: 0.5rem; }
  .icon:hover { background: var(--sunken); color: var(--text); }
  svg { flex: none; }
  .icon svg { width: 16px; height: 16px; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; margin: 0; }
  .soft, small { color: var(--soft); }
  small { font-size: 0.86em; }
  .row { display: flex; gap: 0.5rem; align-items: center; }
  .spacer { flex: 1; }
  .badge { font-size: 0.8rem; border-radius: 0.4rem; padding: 0.05rem 0.45rem; background: var(--tint); color: var(--accent); }
  .scroll { overflow-x: auto; }
  .panel { border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised); padding: 0.9rem 1rem; }
  .failure { display: flex; gap: 1rem; align-items: center; justify-content: space-between; border-radius: 0.8rem; padding: 0.6rem 1rem; background: var(--bad-tint); color: var(--bad); margin: 1rem 0; }
  .failure p { margin: 0; }
  .failure button { border-color: currentColor; background: none; flex: none; }
  .loading { color: var(--soft); padding: 1rem 0; }
  .empty { text-align: center; padding: 2.5rem 1rem; border: 1px dashed var(--line); border-radius: 0.8rem; }
  .empty p { margin: 0 0 0.6rem; overflow-wrap: anywhere; }
  .command { display: flex; align-items: center; justify-content: space-between; gap: 0.5rem; max-width: 34rem; margin: 0 auto 0.6rem; text-align: left; background: var(--sunken); border: 1px solid var(--line); border-radius: 0.6rem; padding: 0.3rem 0.4rem 0.3rem 0.8rem; }
  code { font: 0.86em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
  .more { display: block; margin: 0.9rem auto; color: var(--soft); }
  dialog { border: 1px solid var(--line); border-radius: 1rem; padding: 1.25rem; width: min(26rem, calc(100vw - 2rem)); background: var(--raised); color: var(--text); }
  dialog::backdrop { background: rgb(0 0 0 / 40%); }
  dialog h2 { margin: 0 0 0.6rem; font-size: 1.1rem; }
  dialog p { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
  .buttons { display: flex; flex-direction: row-reverse; gap: 0.5rem; margin-top: 1rem; }
  @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
`;

const frame = css`
  .knowledge { display: flex; flex-direction: column; height: 100%; min-height: 0; container-type: inline-size; background: var(--ground); }
  .bar-top { display: flex; align-items: center; gap: 0.5rem; padding: 0 1rem; border-bottom: 1px solid var(--line); flex: none; min-height: 3rem; }
  .tabs { display: flex; gap: 0.25rem; flex: 1; align-self: stretch; overflow-x: auto; scrollbar-width: none; }
  .tabs a { display: flex; align-items: center; padding: 0 0.7rem; color: var(--soft); border-bottom: 2px solid transparent; margin-bottom: -1px; white-space: nowrap; }
  .tabs a:hover { color: var(--text); text-decoration: none; }
  .tabs a:focus-visible { outline-offset: -3px; }
  .tabs small { margin-left: 0.4rem; background: var(--tint); color: var(--accent); border-radius: 1rem; padding: 0 0.45rem; }
  .tabs a[aria-current] { color: var(--text); font-weight: 600; border-color: var(--accent); }
  .add-button { display: flex; align-items: center; gap: 0.35rem; white-space: nowrap; }
  .add-button svg { width: 16px; height: 16px; }
  .page { flex: 1; min-height: 0; overflow-y: auto; padding: 1rem; }
  .read-only { margin: 1.5rem 0 0; font-size: 0.86rem; }
  .overlay { position: fixed; inset: 0.75rem; z-index: 10; display: grid; place-items: center; pointer-events: none; border: 2px dashed var(--accent); border-radius: 1rem; background: color-mix(in srgb, var(--tint) 88%, transparent); font-size: 1.1rem; font-weight: 600; }
  .overlay p { display: flex; align-items: center; gap: 0.5rem; padding: 1rem; text-align: center; }
  .add { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: end; border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised); padding: 0.9rem; margin-bottom: 1rem; }
  .drop { display: flex; gap: 0.6rem; align-items: center; flex: 2 1 16rem; border: 1px dashed var(--soft); border-radius: 0.6rem; padding: 0.55rem 0.8rem; cursor: pointer; position: relative; }
  .drop:hover { border-color: var(--accent); background: var(--tint); }
  .drop:focus-within { outline: 2px solid var(--accent); outline-offset: 2px; }
  .drop svg { color: var(--accent); }
  .drop b { color: var(--accent); display: block; }
  .field { display: flex; flex-direction: column; gap: 0.15rem; flex: 1 1 9rem; min-width: 0; }
  .field.grow { flex: 3 1 18rem; }
  .field > span:first-child, .field > label { font-size: 0.84rem; color: var(--soft); }
  .field .row input { flex: 1; }
  .field.inline { flex-direction: row; align-items: center; gap: 0.6rem; }
  .uploads { border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised); padding: 0.5rem 0.9rem; margin-bottom: 1rem; }
  .uploads h2 { margin: 0; font-size: 0.92rem; }
  .uploads ul { list-style: none; margin: 0.2rem 0 0; padding: 0; max-height: 16rem; overflow-y: auto; }
  .uploads li { display: flex; align-items: center; gap: 0.6rem; padding: 0.35rem 0; border-top: 1px solid var(--line); }
  .state { width: 1.25rem; height: 1.25rem; display: grid; place-items: center; flex: none; color: var(--accent); font-weight: 700; }
  .state svg { width: 18px; height: 18px; }
  [data-stage="failed"] .state, [data-stage="failed"] small { color: var(--bad); }
  [data-stage="cancelled"] .state { color: var(--soft); }
  .what { flex: 1; min-width: 0; }
  .name { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .what small { display: block; overflow-wrap: anywhere; }
  progress { display: block; width: 100%; height: 4px; appearance: none; border: 0; border-radius: 2px; overflow: hidden; background: var(--line); margin-top: 0.25rem; }
  progress::-webkit-progress-bar { background: var(--line); }
  progress::-webkit-progress-value { background: var(--accent); transition: width 0.2s; }
  progress::-moz-progress-bar { background: var(--accent); }
  .spinner { width: 14px; height: 14px; border: 2px solid var(--line); border-top-color: var(--accent); border-radius: 50%; animation: turn 0.9s linear infinite; }
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

const shelf = css`
  :host { container-type: inline-size; }
  .shelf { display: grid; grid-template-columns: 12rem minmax(0, 1fr); gap: 1.25rem; align-items: start; }
  .side h2 { font-size: 0.78rem; text-transform: uppercase; letter-spacing: 0.05em; color: var(--soft); margin: 0.4rem 0.6rem; }
  .side ul { list-style: none; margin: 0; padding: 0; }
  .side a { display: flex; align-items: center; gap: 0.5rem; padding: 0.35rem 0.6rem; border-radius: 0.5rem; color: var(--text); text-decoration: none; }
  .side a:hover { background: var(--sunken); }
  .side a[aria-current] { background: var(--tint); font-weight: 600; }
  .side a span { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .side svg { width: 16px; height: 16px; color: var(--soft); }
  .side small { font-variant-numeric: tabular-nums; font-weight: 400; }
  .tools { display: flex; gap: 0.75rem; align-items: center; margin-bottom: 0.75rem; }
  .find { position: relative; flex: 1; max-width: 26rem; display: block; }
  .find svg { position: absolute; left: 0.6rem; top: 50%; translate: 0 -50%; width: 16px; height: 16px; color: var(--soft); }
  .find input { width: 100%; padding-left: 2rem; }
  .count { color: var(--soft); margin-left: auto; white-space: nowrap; }
  .documents { width: 100%; border-collapse: separate; border-spacing: 0; border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised); font-size: inherit; table-layout: fixed; }
  .documents th, .documents td { border: 0; border-bottom: 1px solid var(--line); padding: 0.5rem 0.8rem; text-align: left; vertical-align: middle; background: none; }
  .documents tbody tr:last-child td { border-bottom: 0; }
  .documents th { font-size: 0.82rem; font-weight: 500; color: var(--soft); padding-block: 0.35rem; width: 8.2rem; }
  .documents th:first-child { width: auto; }
  .documents tbody tr:hover td { background: var(--sunken); }
  .documents td { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; position: relative; }
  .documents tr { position: relative; }
  .documents .name a { color: var(--text); font-weight: 550; }
  .documents .name a::after { content: ""; position: absolute; inset: 0; }
  .documents .name { overflow: visible; position: static; }
  .documents .name a, .documents .name small { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .documents .name a:focus-visible { outline: none; }
  .documents tr:has(a:focus-visible) { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 0.5rem; }
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
  .metadata dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.2rem 1rem; margin: 0.5rem 0 0; }
  dt { color: var(--soft); }
  dd { margin: 0; overflow-wrap: anywhere; }
  .sheet { border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised); padding: 1rem 1.25rem; margin-bottom: 0.75rem; }
  .sheet[data-found="true"], .sheet[data-found]:not([data-found="false"]) { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
  .place { margin: 0 0 0.4rem; font-size: 0.86rem; }
  @container (max-width: 66rem) { .documents .wider { display: none; } }
  @container (max-width: 46rem) {
    .shelf { grid-template-columns: minmax(0, 1fr); gap: 0.75rem; }
    .side h2 { display: none; }
    .side ul { display: flex; gap: 0.4rem; overflow-x: auto; padding: 2px; scrollbar-width: thin; }
    .side a { border: 1px solid var(--line); border-radius: 1rem; padding: 0.2rem 0.7rem; white-space: nowrap; }
    .wide { display: none; }
    .documents th { width: 6.2rem; }
    .documents .number { width: 5rem; }
    .documents th, .documents td { padding-inline: 0.6rem; }
    .sheet { padding: 0.8rem; }
  }
`;

const lab = css`
  .lab { max-width: 64rem; margin: 0 auto; display: flex; flex-direction: column; gap: 1rem; }
  .lab > h2 { margin: 0.5rem 0 -0.4rem; font-size: 1rem; }
  .question { display: flex; flex-wrap: wrap; gap: 0.5rem; }
  .question input { flex: 1 1 18rem; padding: 0.5rem 0.8rem; }
  .question select { max-width: 14rem; }
  .intro { margin: 0; }
  .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 0.75rem; margin: 0; }
  .tiles > div { border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised); padding: 0.6rem 0.9rem; }
  .tiles dt { font-size: 0.82rem; }
  .tiles dd { font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
  .tiles dd[data-word] { font-size: 1rem; }
  .tiles small { font-size: 0.82rem; font-weight: 400; display: block; }
  .slide { display: flex; flex-wrap: wrap; gap: 0.4rem 0.9rem; align-items: center; margin-bottom: 1.6rem; }
  .slide output { font-weight: 600; font-variant-numeric: tabular-nums; margin-left: 0.3rem; }
  .slide input { flex: 1 1 12rem; accent-color: var(--accent); }
  .plot { --pad: 2rem; margin: 0 0 0.4rem; padding: 1.2rem 0.2rem 0 var(--pad); }
  .plot.flat { --pad: 0.2rem; }
  .plot > svg { width: 100%; display: block; margin-bottom: 1.6rem; }
  .plot h4 { margin: 0 0 1.6rem calc(0px - var(--pad)); }
  h4 { margin: 0; font-size: 0.88rem; font-weight: 600; }
  .big { margin: 0; font-size: 1rem; }
  .plot text { font-size: 11.5px; fill: var(--soft); font-variant-numeric: tabular-nums; }
  .plot text.limit { fill: var(--text); font-weight: 600; stroke: none; }
  .axis { stroke: var(--soft); stroke-width: 1; }
  .grid { stroke: var(--line); stroke-width: 1; }
  .open { fill: var(--tint); }
  line.limit { stroke: var(--text); stroke-width: 1.5; stroke-dasharray: 4 3; }
  .dot.pass { fill: var(--accent); stroke: var(--raised); stroke-width: 1; }
  .dot.held { fill: var(--raised); stroke: var(--soft); stroke-width: 1.5; }
  polyline { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
  polyline.precision { stroke: var(--accent); }
  polyline.recall { stroke: var(--second); }
  polyline.f1 { stroke: var(--soft); stroke-dasharray: 3 3; }
  rect.answerable { fill: var(--accent); }
  rect.unanswerable { fill: var(--second); }
  .lab { --second: light-dark(#b45309, #f0b45f); }
  figcaption { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; font-size: 0.84rem; color: var(--soft); margin-left: calc(0px - var(--pad)); }
  .key { display: inline-flex; align-items: center; gap: 0.4rem; }
  .key i { display: inline-block; width: 10px; height: 10px; background: var(--accent); border-radius: 50%; }
  .key .square, .key .box { border-radius: 1px; }
  .key .hollow { background: none; border: 1.5px solid var(--soft); }
  .key .line { height: 3px; width: 16px; border-radius: 1px; }
  .key .recall, .key .unanswerable { background: var(--second); }
  .key .f1 { background: repeating-linear-gradient(90deg, var(--soft) 0 4px, transparent 4px 7px); }
  .behind summary { color: var(--soft); font-size: 0.86rem; width: fit-content; }
  .behind .scroll { max-height: 16rem; overflow-y: auto; margin-top: 0.4rem; }
  .figures { border-collapse: collapse; width: 100%; font-size: 0.88rem; }
  .figures th, .figures td { padding: 0.25rem 0.6rem; text-align: left; border: 0; border-bottom: 1px solid var(--line); background: none; font-variant-numeric: tabular-nums; }
  .figures thead th { color: var(--soft); font-weight: 500; }
  .figures tbody tr:last-child > * { border-bottom: 0; }
  .metrics th[scope="row"] { font-weight: 500; white-space: nowrap; }
  .metrics td.wide { width: 40%; }
  .bar { width: 100%; height: 8px; display: block; }
  .bar .track { fill: var(--line); }
  .bar .fill { fill: var(--accent); }
  .bar .mark { fill: var(--text); }
  .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1rem; }
  .scores { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.1rem 1rem; margin: 0.5rem 0 1rem; }
  .scores dd { font-variant-numeric: tabular-nums; }
  .hits { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: 0.75rem; }
  .hit { border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised); padding: 0.8rem 1rem; }
  .hit[data-held] { background: none; }
  .hit-head { display: flex; gap: 0.2rem 0.75rem; align-items: baseline; flex-wrap: wrap; margin-bottom: 0.4rem; }
  .hit-head h2 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
  .hit-head .path { min-width: 0; overflow-wrap: anywhere; font-size: 0.86rem; }
  .hit-body { display: grid; grid-template-columns: minmax(0, 1fr) 18.5rem; gap: 1.5rem; }
  .text p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
  .text p[data-cut] { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 6; line-clamp: 6; overflow: hidden; }
  .text .quiet { margin: 0.2rem 0 0 -0.4rem; }
  mark { background: light-dark(#fdecb8, #57471a); color: inherit; border-radius: 0.2rem; padding: 0 0.1rem; }
  .why { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.25rem 0.8rem; align-content: start; margin: 0; font-size: 0.86rem; }
  .why dd { display: flex; align-items: center; gap: 0.5rem; min-width: 0; }
  .why dd .bar { flex: 1; width: auto; min-width: 0; }
  .why dd b { font-variant-numeric: tabular-nums; font-weight: 600; }
  .why dd, .why .chips { flex-wrap: wrap; gap: 0.25rem 0.5rem; }
  .why dd:has(.bar) { flex-wrap: nowrap; }
  .verdict { margin: 0.5rem 0 0; font-size: 0.86rem; color: var(--soft); }
  .held > summary { color: var(--soft); margin-bottom: 0.75rem; width: fit-content; }
  @container (max-width: 46rem) {
    .hit-body { grid-template-columns: minmax(0, 1fr); gap: 0.6rem; }
    .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.5rem; }
    .question input { flex-basis: 100%; }
    .question select { flex: 1 1 6rem; }
    .metrics td.wide, .metrics th.wide { display: none; }
    .plot:not(.flat) { --pad: 1.4rem; }
  }
`;

export const knowledgeStyles = [controls, frame, shelf, lab];
