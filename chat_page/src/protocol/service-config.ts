// Where the service is, and what it tells before anything was asked.
import type { Api } from "./api.ts";
import type { Config } from "./types.ts";

export const NO_CONFIG: Config = {
  title: "OwFlex",
  greeting: "",
  prompts: [],
  model: { name: "", extractive: false },
};

interface Sent extends Omit<Config, "knowledge"> {
  knowledge?: boolean | { view: boolean; uploads?: boolean };
}

// The script lies in `static/` of the service.
export function baseOf(url: string, script: string): string {
  return url ? new URL(url.endsWith("/") ? url : `${url}/`, location.href).href : new URL("..", script).href;
}

// Raises what the request raises, and an error when the answer is none of the service.
export async function loadConfig(api: Api): Promise<Config> {
  const response = await api.get("config.json");
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  const sent = (await response.json()) as Sent;
  const { knowledge } = sent;
  api.tracing = sent.tracing === true;
  api.knowsKeys = sent.keys === true;
  api.branches = sent.branches === true;
  api.keepsTasks = sent.tasks !== false;
  return { ...sent, knowledge: typeof knowledge === "object" ? knowledge.view : Boolean(knowledge) };
}
