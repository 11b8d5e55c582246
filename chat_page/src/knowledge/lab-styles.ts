// The looks of the search and of the evaluation, with their plots.

import { css } from "lit";

export const lab = css`
  .lab { max-width: 64rem; margin: 0 auto; display: flex; flex-direction: column; gap: 1rem; }
  .lab > h2 { margin: 0.5rem 0 -0.4rem; font-size: 1rem; }
  .question { display: flex; flex-wrap: wrap; gap: 0.5rem; }
  .question input { flex: 1 1 18rem; padding: 0.5rem 0.8rem; }
  .question select { max-width: 14rem; }
  .intro { margin: 0; }
  .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 0.75rem;
    margin: 0; }
  .tiles > div { border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised);
    padding: 0.6rem 0.9rem; }
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
  figcaption { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; font-size: 0.84rem; color: var(--soft);
    margin-left: calc(0px - var(--pad)); }
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
  .figures th, .figures td { padding: 0.25rem 0.6rem; text-align: left; border: 0;
    border-bottom: 1px solid var(--line); background: none; font-variant-numeric: tabular-nums; }
  .figures thead th { color: var(--soft); font-weight: 500; }
  .figures tbody tr:last-child > * { border-bottom: 0; }
  .metrics th[scope="row"] { font-weight: 500; white-space: nowrap; }
  .metrics td.wide { width: 40%; }
  .bar { width: 100%; height: 8px; display: block; }
  .bar .track { fill: var(--line); }
  .bar .fill { fill: var(--accent); }
  .bar .mark { fill: var(--text); }
  .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1rem; }
  .scores { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.1rem 1rem;
    margin: 0.5rem 0 1rem; }
  .scores dd { font-variant-numeric: tabular-nums; }
  .hits { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: 0.75rem; }
  .hit { border: 1px solid var(--line); border-radius: 0.8rem; background: var(--raised);
    padding: 0.8rem 1rem; }
  .hit[data-held] { background: none; }
  .hit-head { display: flex; gap: 0.2rem 0.75rem; align-items: baseline; flex-wrap: wrap;
    margin-bottom: 0.4rem; }
  .hit-head h2 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
  .hit-head .path { min-width: 0; overflow-wrap: anywhere; font-size: 0.86rem; }
  .hit-body { display: grid; grid-template-columns: minmax(0, 1fr) 18.5rem; gap: 1.5rem; }
  .text p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
  .text p[data-cut] { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 6;
    line-clamp: 6; overflow: hidden; }
  .text .quiet { margin: 0.2rem 0 0 -0.4rem; }
  mark { background: light-dark(#fdecb8, #57471a); color: inherit; border-radius: 0.2rem; padding: 0 0.1rem; }
  .why { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.25rem 0.8rem;
    align-content: start; margin: 0; font-size: 0.86rem; }
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
