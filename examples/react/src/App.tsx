// Three ways to place the chat: a panel in the page, a modal dialog, a sidebar. Each shows the same conversation.

import type { ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import { Chat } from "./Chat";
import type { Config } from "./service";
import { useConfig } from "./service";
import { useTheme } from "./theme";

const places = ["panel", "modal", "sidebar"] as const;
type Place = (typeof places)[number];

export function App() {
  const loaded = useConfig();
  if (loaded.state === "loading") return <p>Loading …</p>;
  if (loaded.state === "failed") return <p role="alert">The chat cannot be reached. {loaded.reason}</p>;
  return <Site config={loaded.config} />;
}

function Site({ config }: { config: Config }) {
  const [place, setPlace] = useState<Place>("panel");
  const [threadId, setThreadId] = useState<string | null>(null);
  const [theme, changeTheme] = useTheme();
  const scriptMissing = useScriptMissing();
  const chat = <Chat config={config} theme={theme} threadId={threadId} onThread={setThreadId} />;
  return (
    <div className="site" data-place={place}>
      <header>
        <h1>{config.title}</h1>
        <nav aria-label="Where the chat is">
          {places.map((name) => (
            <button type="button" key={name} aria-pressed={name === place} onClick={() => setPlace(name)}>
              {name}
            </button>
          ))}
          <button type="button" onClick={changeTheme}>
            {theme === "light" ? "Dark" : "Light"}
          </button>
        </nav>
      </header>
      <main>
        <p>Your site's own content.</p>
        {scriptMissing && (
          <p role="alert">
            The vendor's component did not load. OwFlex's own needs nobody: see examples/html.
          </p>
        )}
      </main>
      {place === "modal" ? (
        <Modal onClose={() => setPlace("panel")}>{chat}</Modal>
      ) : (
        <aside aria-label="Chat">{chat}</aside>
      )}
    </div>
  );
}

function Modal({ children, onClose }: { children: ReactNode; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-label="Chat">
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
      {children}
    </dialog>
  );
}

const SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
const PATIENCE_MS = 8000;

// The component comes from the vendor's CDN alone. Whoever is offline or blocks it must not see an empty box.
function useScriptMissing(): boolean {
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.async = true;
    script.addEventListener("error", () => setMissing(true));
    document.head.append(script);
    const timer = setTimeout(() => setMissing(!customElements.get("openai-chatkit")), PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      script.remove();
    };
  }, []);
  return missing;
}
