// What the service says about itself, and the two addresses this example uses.
import type { Entity, StartScreenPrompt } from "@openai/chatkit";
import { useEffect, useState } from "react";

export const serviceUrl: string = import.meta.env["VITE_OWFLEX_URL"] ?? "";
// The vendor's component asks for a key even on localhost, where any text will do (see docs/official-component.md).
export const domainKey: string = import.meta.env["VITE_CHATKIT_DOMAIN_KEY"] ?? "local-development";

export interface Config {
  title: string;
  greeting: string;
  prompts: StartScreenPrompt[];
  models: string[];
  dictation: boolean;
  attachments: { max_bytes: number; max_count: number; accept: Record<string, string[]> };
  knowledge?: { view: boolean };
}

export type Loaded =
  | { state: "loading" }
  | { state: "failed"; reason: string }
  | { state: "ready"; config: Config };

export function useConfig(): Loaded {
  const [loaded, setLoaded] = useState<Loaded>({ state: "loading" });
  useEffect(() => {
    const abort = new AbortController();
    loadConfig(abort.signal).then(
      (config) => setLoaded({ state: "ready", config }),
      (error: unknown) => {
        if (!abort.signal.aborted) setLoaded({ state: "failed", reason: String(error) });
      },
    );
    return () => abort.abort();
  }, []);
  return loaded;
}

async function loadConfig(signal: AbortSignal): Promise<Config> {
  const response = await fetch(`${serviceUrl}/config.json`, { signal });
  if (!response.ok) throw new Error(`The service answered ${response.status}.`);
  return (await response.json()) as Config;
}

export async function findDocuments(query: string): Promise<Entity[]> {
  const response = await fetch(
    `${serviceUrl}/knowledge/documents?limit=8&query=${encodeURIComponent(query)}`,
  );
  if (!response.ok) return [];
  const found = (await response.json()) as {
    documents: { document_id: number; title: string; source: string }[];
  };
  return found.documents.map((document) => ({
    id: String(document.document_id),
    title: document.title,
    interactive: false,
    data: { kind: "document", source: document.source },
  }));
}

export async function transcribe(recording: Blob): Promise<string> {
  const form = new FormData();
  form.append("file", recording, "question");
  const response = await fetch(`${serviceUrl}/voice/transcribe`, { method: "POST", body: form });
  const body = (await response.json()) as { text?: string; error?: { message: string } };
  if (!response.ok) throw new Error(body.error?.message ?? `The service answered ${response.status}.`);
  return body.text ?? "";
}
