// What an @ in the message offers: the collections and documents a question can be limited to.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import type { Api } from "../protocol/api.ts";
import { jsonOf } from "../protocol/texts.ts";
import type { Tag } from "../protocol/user-message.ts";
import { icons } from "../ui/icons.ts";

const MAX_TAGS = 8;
const MAX_COLLECTIONS = 4;
const MAX_QUERY = 60;
// Milliseconds of rest before the service is asked.
const PAUSE = 150;

export interface Mention {
  start: number;
  query: string;
}

interface Collection {
  name: string;
  documents?: number;
}

interface Document {
  document_id: number;
  title: string;
  source: string;
  collection: string;
}

// The mention being typed at the caret: an @ at the start of a word, and what follows it.
export function mentionAt(text: string, caret: number): Mention | null {
  const before = text.slice(0, caret);
  const start = before.lastIndexOf("@");
  if (start < 0 || (start > 0 && !/[\s(]/.test(before[start - 1] ?? ""))) return null;
  const query = before.slice(start + 1);
  return query.length > MAX_QUERY || /\n|^\s|\s\s/.test(query) ? null : { start, query };
}

export class MentionSearch {
  private collections: Promise<Collection[]> | null = null;

  constructor(private readonly api: Api) {}

  // The tags that fit the words; none when the service has no such list.
  async find(query: string): Promise<Tag[]> {
    this.collections ??= this.list<Collection>("knowledge/collections", "collections");
    const [collections, documents] = await Promise.all([
      this.collections,
      this.list<Document>(
        `knowledge/documents?limit=${MAX_TAGS}&query=${encodeURIComponent(query.trim())}`,
        "documents",
      ),
    ]);
    const wanted = query.trim().toLowerCase();
    const fitting = collections
      .filter(({ name }) => name.toLowerCase().includes(wanted))
      .slice(0, MAX_COLLECTIONS);
    return [...fitting.map(collectionTag), ...documents.map(documentTag)].slice(0, MAX_TAGS);
  }

  private async list<T>(path: string, key: string): Promise<T[]> {
    const response = await this.api.get(path);
    if (!response.ok) return [];
    return ((await jsonOf(response)) as Record<string, T[]>)[key] ?? [];
  }
}

function collectionTag({ name, documents }: Collection): Tag {
  return {
    id: `collection:${name}`,
    kind: "collection",
    label: name,
    hint: documents === undefined ? "" : String(documents),
    data: { name },
  };
}

function documentTag({ document_id, title, source, collection }: Document): Tag {
  return {
    id: `document:${document_id}`,
    kind: "document",
    label: title || source,
    hint: source,
    data: { document_id, source, collection },
  };
}

// The list under the caret and the keys that walk through it.
export class MentionBox {
  private search: MentionSearch | null = null;
  private mention: Mention | null = null;
  private dismissed = -1;
  private tags: Tag[] = [];
  private place = 0;
  private timer = 0;
  private turn = 0;

  constructor(
    private readonly changed: () => void,
    private readonly chosen: (tag: Tag, mention: Mention) => void,
  ) {}

  use(api: Api): void {
    this.search = new MentionSearch(api);
  }

  get open(): boolean {
    return this.mention !== null && this.tags.length > 0;
  }

  get active(): string | null {
    return this.open ? `option-${this.place}` : null;
  }

  look(text: string, caret: number): void {
    const mention = mentionAt(text, caret);
    if (!mention) {
      this.dismissed = -1;
      this.close();
      return;
    }
    if (mention.start === this.dismissed || mention.query === this.mention?.query) return;
    this.mention = mention;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(mention), this.tags.length ? PAUSE : 0);
  }

  close(): void {
    clearTimeout(this.timer);
    this.turn += 1;
    if (!this.mention) return;
    this.mention = null;
    this.tags = [];
    this.changed();
  }

  // Whether the key was meant for the list.
  takes(event: KeyboardEvent): boolean {
    if (!this.open) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.place = (this.place + step + this.tags.length) % this.tags.length;
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) this.choose(this.place);
    else if (event.key === "Escape") this.dismiss();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    this.changed();
    return true;
  }

  list(): TemplateResult {
    return html`<p class="unseen"
      role="status">${this.open ? fill(strings.mentionsFound, { count: this.tags.length }) : ""}</p>
      ${
        this.open
          ? html`<ul class="options" id="options" role="listbox" aria-label=${strings.mentions}
            @mousedown=${(event: Event) => event.preventDefault()}>
            ${this.tags.map(
              (
                tag,
                place,
              ) => html`<li id="option-${place}" role="option" aria-selected=${String(place === this.place)}
                @click=${() => this.choose(place)}>
              ${tag.kind === "document" ? icons.file : icons.folder}
              <b>${tag.label}</b><small>${tag.hint}</small></li>`,
            )}</ul>`
          : nothing
      }`;
  }

  private async ask(mention: Mention): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    const tags = (await this.search?.find(mention.query).catch(() => [])) ?? [];
    if (turn !== this.turn) return;
    this.tags = tags;
    this.place = 0;
    this.changed();
  }

  private choose(place: number): void {
    const { mention } = this;
    const tag = this.tags[place];
    this.close();
    if (tag && mention) this.chosen(tag, mention);
  }

  private dismiss(): void {
    this.dismissed = this.mention?.start ?? -1;
    this.close();
  }
}
