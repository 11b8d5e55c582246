// Requests to the routes below /knowledge.

import { strings } from "../i18n/strings.ts";
import type { Api } from "../protocol/api.ts";
import { RequestFailed, sentenceIn } from "../protocol/api.ts";
import { jsonOf } from "../protocol/texts.ts";
import { upload } from "../protocol/upload.ts";
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
} from "./types.ts";

type Values = Record<string, string | number | null | undefined>;

export class KnowledgeApi {
  constructor(private readonly service: Api) {}

  rights(): Promise<Rights> {
    return this.get("rights");
  }

  async collections(): Promise<Collection[]> {
    const found: Collection[] = [];
    let cursor: string | null = null;
    do {
      const page: { collections: Collection[]; next_cursor: string | null } = await this.get("collections", {
        cursor,
      });
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

  async addFile(
    file: File,
    collection: string,
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<Upload> {
    const body = new FormData();
    body.append("collection", collection);
    body.append("file", file, file.name);
    const [url, headers] = [this.service.address("knowledge/documents"), await this.service.headers()];
    const answer = await upload({
      url,
      method: "POST",
      headers,
      body,
      signal,
      unreached: strings.unreachable,
      onProgress,
    });
    if (!answer) throw new RequestFailed(strings.refused, 200);
    return answer as Upload;
  }

  private get<T>(path: string, values: Values = {}): Promise<T> {
    const said = Object.entries(values).filter(
      ([, value]) => value !== "" && value !== null && value !== undefined,
    );
    const query = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
    return this.send("GET", query ? `${path}?${query}` : path);
  }

  private async send<T>(method: string, path: string, body?: object): Promise<T> {
    const init = body
      ? { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
      : { method };
    const response = await this.service.fetch(`knowledge/${path}`, init).catch(() => null);
    const answer: unknown = response ? await jsonOf(response).catch(() => null) : null;
    if (response && !response.ok)
      throw new RequestFailed(sentenceIn(answer) || strings.refused, response.status);
    // Not reached, or cut off.
    if (!answer) throw new RequestFailed(strings.unreachable, 0);
    return answer as T;
  }
}

export const sentenceOf = (error: unknown): string =>
  error instanceof Error && error.message ? error.message : strings.refused;
