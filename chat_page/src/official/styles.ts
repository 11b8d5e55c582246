// The looks of the page around either chat. A sheet made by a script is allowed by the page's policy.
export function officialStyles(): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
  body { display: flex; flex-direction: column; height: 100vh; height: 100dvh; }
  body > owflex-chat, body > openai-chatkit { flex: 1; min-height: 0; width: 100%; height: auto;
    display: block; }
  body > owflex-chat:not(:defined) { display: none; }
  body > .owflex-waiting { visibility: hidden; }
  .owflex-loading { position: fixed; inset: 0; display: grid; place-items: center; margin: 0;
    color: light-dark(#5d636d, #a3a9b4); font: 1rem/1.6 system-ui, sans-serif; }
  .owflex-strip { display: flex; align-items: center; justify-content: center; gap: 0.75rem;
    padding: 0.1rem 1rem;
    font: 0.85rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
    color: light-dark(#4d535d, #a3a9b4); background: light-dark(#f1efeb, #121417);
    border-bottom: 1px solid light-dark(#e2dfd8, #30343c); }
  .owflex-strip a { color: light-dark(#2f6f5e, #7fc4ae); padding: 0.3rem 0.2rem; flex: none; }
  .owflex-strip button { font: inherit; font-size: 1.1rem; line-height: 1; color: inherit; background: none;
    border: 0; border-radius: 0.4rem; width: 1.9rem; height: 1.9rem; cursor: pointer; flex: none; }
  .owflex-strip button:hover { background: light-dark(#e2dfd8, #30343c); }
  .owflex-strip :focus-visible { outline: 2px solid light-dark(#2f6f5e, #7fc4ae); outline-offset: 1px; }
  `);
  return sheet;
}
