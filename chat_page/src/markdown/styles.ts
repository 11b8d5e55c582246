// The looks of Markdown, wherever it stands.
import { css } from "lit";

export const proseStyles = css`
  .prose { overflow-wrap: anywhere; }
  .prose > :first-child { margin-top: 0; }
  .prose > :last-child { margin-bottom: 0; }
  .prose p, .prose ul, .prose ol, .prose blockquote { margin: 0 0 0.8rem; }
  .prose ul, .prose ol { padding-inline-start: 1.5rem; }
  .prose h1, .prose h2, .prose h3, .prose h4, .prose h5, .prose h6 { font-size: 1.05rem; line-height: 1.35;
    margin: 1.2rem 0 0.5rem; white-space: normal; }
  .prose blockquote { border-inline-start: 3px solid var(--line); padding-inline-start: 1rem; }
  .prose a { color: var(--accent); unicode-bidi: isolate; }
  .prose .host { color: var(--soft); font-size: 0.88em; direction: ltr; unicode-bidi: isolate; }
  .prose code { font: 0.88em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace;
    background: var(--sunken); border-radius: 0.3rem; padding: 0.1rem 0.3rem; }
  .code { border: 1px solid var(--line); border-radius: 0.7rem; overflow: hidden; margin: 0 0 0.8rem;
    background: var(--sunken); }
  .code-head { display: flex; justify-content: space-between; align-items: center;
    padding: 0.15rem 0.3rem 0.15rem 0.8rem; border-bottom: 1px solid var(--line); font-size: 0.8rem;
    color: var(--soft); }
  .code-head button { border: 0; background: none; padding: 0.2rem 0.6rem; font-size: 0.8rem; }
  .code pre { margin: 0; padding: 0.8rem; overflow-x: auto; }
  .code pre code { background: none; padding: 0; overflow-wrap: normal; }
  .table { overflow-x: auto; margin: 0 0 0.8rem; }
  table { border-collapse: collapse; font-size: 0.94rem; }
  th, td { border: 1px solid var(--line); padding: 0.35rem 0.7rem; text-align: start; vertical-align: top;
    overflow-wrap: normal; }
  .to-left { text-align: left; }
  .to-center { text-align: center; }
  .to-right { text-align: right; }
  th { background: var(--sunken); }
`;
