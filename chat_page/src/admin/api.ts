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
    const response = await this.service.fetch(`admin/${path}`, init).catch(() => null);
    const answer: unknown = response ? await jsonOf(response).catch(() => null) : null;
    if (response && !response.ok)
      throw new RequestFailed(sentenceIn(answer) || words.refused, response.status);
    if (!answer) throw new RequestFailed(words.unreachable, 0);
    return answer as T;
  }
}

export const sentenceOf = (error: unknown): string =>
  error instanceof Error && error.message ? error.message : words.refused;
