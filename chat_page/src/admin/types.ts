// What the routes below /admin answer.

export type Kind = "text" | "long_text" | "address" | "secret" | "number" | "list" | "prompts";
export type Group = "model" | "prompt" | "page" | "limits";

export interface PromptValue {
  label: string;
  prompt: string;
  icon?: string;
}
export type Value = string | number | string[] | PromptValue[] | null;
export type Changes = Record<string, Value>;

export interface Setting {
  name: string;
  group: Group;
  kind: Kind;
  value: Value;
  is_set: boolean;
  source: "environment" | "page" | "default";
  reference: string | null;
  changed_at: string | null;
  changed_by: string | null;
  problem: string | null;
}

export interface Change {
  name: string;
  action: "set" | "reset";
  value: Value;
  changed_at: string;
  changed_by: string;
}

export interface LocalServer {
  program: string;
  base_url: string;
  models: string[];
}

export interface Trial {
  works: boolean;
  model: string;
  sentence?: string;
  calls_tools?: boolean;
  seconds?: number;
}

export interface Health {
  state: "ready" | "degraded" | "unavailable";
  parts: Record<string, string | boolean>;
  version: string;
  model: { name: string; provider: string; extractive: boolean };
  threads: number;
  answering: number;
  database_bytes: number;
  problems: Record<string, string>;
}

export interface Usage {
  days: { day: string; answers: number; people: number; input_tokens: number; output_tokens: number }[];
  people: {
    user_id: string;
    answers: number;
    input_tokens: number;
    output_tokens: number;
    last_at: string;
  }[];
}

export interface PoorAnswer {
  user_id: string;
  at: string;
  question: string;
  answer: string;
  why: "voted" | "failed" | "uncited";
  reason: string;
}

export interface PoorAnswers {
  voted: PoorAnswer[];
  unanswered: PoorAnswer[];
}

export interface GroupOfPeople {
  name: string;
  members: string[];
  members_by_claim: string[];
}

export interface Grant {
  kind: "everyone" | "group" | "user";
  name: string;
  right: "read" | "add" | "manage";
}

export interface CollectionRights {
  collection: string;
  owner: string | null;
  documents: number;
  grants: Grant[];
}

export interface RightsOfAll {
  groups: { groups: GroupOfPeople[] };
  rights: { default: "nobody" | "read" | "add"; collections: CollectionRights[] };
}

export interface ApiKey {
  key_id: number;
  name: string;
  user_id: string;
  scopes: string[];
  collections: string[] | null;
  is_shut_out: boolean;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
}

export interface ConnectedClient {
  connection_id: number;
  client_name: string;
  redirect_host: string;
  user_id: string;
  scopes: string[];
  collections: string[] | null;
  is_shut_out: boolean;
  last_used_at: string | null;
}

export interface Person {
  user_id: string;
  display_name: string;
  email: string | null;
  kind: "account" | "oidc";
  is_admin: boolean;
  has_password: boolean;
  disabled_at: string | null;
  seen_at: string | null;
  groups: string[] | null;
}

export interface People {
  login: string;
  you: string;
  people?: Person[];
  total?: number;
  provider?: string | null;
  administrators?: string[];
}

export interface Invitation extends Person {
  link: string;
  days: number;
}

export interface Disabled extends Person {
  clients: number | null;
  keys?: string[];
  problem?: string;
}

export interface Work {
  keys: { keys: ApiKey[] };
  clients: { clients: ConnectedClient[]; total: number };
  ingestion: {
    uploads: {
      upload_id: number;
      user_id: string;
      collection: string;
      name: string | null;
      status: string;
      reason: string | null;
      created_at: string;
    }[];
    origins: {
      collection: string;
      name: string;
      kind: string;
      synced_at: string | null;
      documents: number;
      problems: number;
    }[];
  };
}
