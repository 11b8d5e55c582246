// Requests to the routes below /admin.

import type { Api } from "../protocol/api.ts";
import { RequestFailed, sentenceIn } from "../protocol/api.ts";
import { jsonOf } from "../protocol/texts.ts";
import { words } from "./strings.ts";
import type {
  Change,
  Changes,
  Health,
  LocalServer,
  People,
  PoorAnswers,
  RightsOfAll,
  Setting,
  Trial,
  Usage,
  Work,
} from "./types.ts";

// What only reads is asked for once more when nothing comes in this time, then given up: no view waits on.
const READ_MILLISECONDS = 20_000;

export class AdminApi {
  constructor(private readonly service: Api) {}

  async settings(): Promise<Setting[]> {
    return (await this.send<{ settings: Setting[] }>("GET", "settings")).settings;
  }

  async change(changes: Changes): Promise<Setting[]> {
    return (await this.send<{ settings: Setting[] }>("PUT", "settings", { changes })).settings;
  }

  async history(): Promise<Change[]> {
    return (await this.send<{ changes: Change[] }>("GET", "settings/history")).changes;
  }

  async localServers(): Promise<LocalServer[]> {
    return (await this.send<{ servers: LocalServer[] }>("GET", "models/local")).servers;
  }

  tryModel(changes: Changes): Promise<Trial> {
    return this.send("POST", "models/trial", { changes });
  }

  health(): Promise<Health> {
    return this.send("GET", "health");
  }

  rights(): Promise<RightsOfAll> {
    return this.send("GET", "rights-of-all");
  }

  people(query = ""): Promise<People> {
    return this.send("GET", `people?${new URLSearchParams({ query })}`);
  }

  // Adds somebody, or does something with a person.
  person(action: string, values: object): Promise<unknown> {
    return this.send("POST", action ? `people/${action}` : "people", values);
  }

  work(): Promise<Work> {
    return this.send("GET", "work");
  }

  // Calls a tool of the MCP server's administration.
  call(tool: string, values: Record<string, unknown>): Promise<unknown> {
    return this.send("POST", `knowledge/${tool}`, { arguments: values });
  }

  usage(): Promise<Usage> {
    return this.send("GET", "usage?days=30");
  }

  answers(): Promise<PoorAnswers> {
    return this.send("GET", "answers?days=30");
  }

  private async send<T>(method: string, path: string, body?: object): Promise<T> {
    const init = body
      ? { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
      : { method };
    const reads = method === "GET";
    let [response, answer] = await this.attempt(path, init, reads);
    if (reads && !answer && (!response || response.ok))
      [response, answer] = await this.attempt(path, init, reads);
    if (response && !response.ok)
      throw new RequestFailed(sentenceIn(answer) || words.refused, response.status);
    if (!answer) throw new RequestFailed(words.unreachable, 0);
    return answer as T;
  }

  // What came, and what it says; null where nothing did.
  private async attempt(
    path: string,
    init: RequestInit,
    reads: boolean,
  ): Promise<[Response | null, unknown]> {
    const signal = reads ? AbortSignal.timeout(READ_MILLISECONDS) : null;
    const response = await this.service.fetch(`admin/${path}`, { ...init, signal }).catch(() => null);
    return [response, response && (await jsonOf(response).catch(() => null))];
  }
}

export const sentenceOf = (error: unknown): string =>
  error instanceof Error && error.message ? error.message : words.refused;
