// Requests to the routes below /knowledge.
import type {
  Collection,
  DocumentPage,
  DocumentText,
  Passages,
  Report,
  ReportHead,
  Rights,
  SearchAnswer,
  Upload,
} from "./knowledge-types.ts";
import { RequestFailed } from "./protocol.ts";
import { strings } from "./strings.ts";

export type HeadersOf = () => Promise<Record<string, string>>;
type Values = Record<string, string | number | null | undefined>;

export class KnowledgeApi {
  constructor(
    private readonly base: string,
    private readonly headers: HeadersOf,
  ) {}

  rights(): Promise<Rights> {
    return this.get("rights");
  }

  async collections(): Promise<Collection[]> {
    const found: Collection[] = [];
    let cursor: string | null = null;
    do {
      const page: { collections: Collection[]; next_cursor: string | null } = await this.get("collections", { cursor });
      found.push(...page.collections);
      cursor = page.next_cursor;
    } while (cursor && found.length < 1000);
    return found;
  }

  documents(values: Values): Promise<DocumentPage> {
    return this.get("documents", values);
  }

  document(id: string, from: number): Promise<DocumentText> {
    return this.get(`documents/${encodeURIComponent(id)}`, { from });
  }

  passages(id: string, around: number, before: number, after: number): Promise<Passages> {
    return this.get(`documents/${encodeURIComponent(id)}/chunks`, { around, before, after });
  }

  search(question: object): Promise<SearchAnswer> {
    return this.send("POST", "search", question);
  }

  addAddress(url: string, collection: string): Promise<Upload> {
    return this.send("POST", "documents", { url, collection });
  }

  remove(id: number): Promise<Upload> {
    return this.send("DELETE", `documents/${id}`);
  }

  upload(id: number): Promise<Upload> {
    return this.get(`uploads/${id}`);
  }

  async reports(): Promise<ReportHead[]> {
    return (await this.get<{ evaluations: ReportHead[] }>("evaluations")).evaluations;
  }

  report(name: string): Promise<Report> {
    return this.get(`evaluations/${encodeURIComponent(name)}`);
  }

  // Only XMLHttpRequest tells how much of a file has left.
  async addFile(file: File, collection: string, told: (share: number) => void, signal: AbortSignal): Promise<Upload> {
    const headers = await this.headers();
    const form = new FormData();
    form.append("collection", collection);
    form.append("file", file, file.name);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", this.address("documents"));
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.responseType = "json";
      request.upload.onprogress = (event) => told(event.loaded / (event.total || 1));
      request.onload = () => {
        if (request.status < 300 && request.response) resolve(request.response as Upload);
        else reject(new RequestFailed(sentenceIn(request.response), request.status));
      };
      request.onerror = () => reject(new RequestFailed(strings.unreachable, 0));
      request.onabort = () => reject(new DOMException("", "AbortError"));
      signal.addEventListener("abort", () => request.abort());
      if (signal.aborted) reject(new DOMException("", "AbortError"));
      else request.send(form);
    });
  }

  private get<T>(path: string, values: Values = {}): Promise<T> {
    const said = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
    const query = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
    return this.send("GET", query ? `${path}?${query}` : path);
  }

  private async send<T>(method: string, path: string, body?: object): Promise<T> {
    const headers = { ...(await this.headers()), ...(body ? { "content-type": "application/json" } : {}) };
    let response: Response;
    try {
      response = await fetch(this.address(path), { method, headers, body: body ? JSON.stringify(body) : null });
    } catch {
      throw new RequestFailed(strings.unreachable, 0);
    }
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) throw new RequestFailed(sentenceIn(answer), response.status);
    // The answer was cut off.
    if (answer === null) throw new RequestFailed(strings.unreachable, 0);
    return answer as T;
  }

  private address(path: string): string {
    return new URL(`knowledge/${path}`, new URL(this.base, location.href)).href;
  }
}

function sentenceIn(answer: unknown): string {
  const message = (answer as { error?: { message?: unknown } } | null)?.error?.message;
  return typeof message === "string" && message ? message : strings.refused;
}

export const sentenceOf = (error: unknown): string => (error instanceof Error && error.message ? error.message : strings.refused);
