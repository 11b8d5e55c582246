// What every part of the knowledge view gets from the whole.
import type { KnowledgeApi } from "./api.ts";
import type { Collection, Rights } from "./types.ts";

export interface NamedDocument {
  document_id: number;
  title: string;
  source: string;
}

export interface KnowledgeContext {
  readonly api: KnowledgeApi;
  readonly rights: Rights;
  readonly collections: Collection[];
  readonly locale: string;
  // Shows another address; `replace` leaves no step to go back to.
  go(address: string, replace?: boolean): void;
  copy(text: string): void;
  announce(text: string): void;
  ask(document: NamedDocument): void;
  changed(): void;
}
