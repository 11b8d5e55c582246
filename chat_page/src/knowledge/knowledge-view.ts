// The knowledge view: the documents, what searches find in them, and how well.
import { LitElement, html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import { copyText } from "../ui/theme.ts";
import type { ComposerValue } from "../composer/composer.ts";
import { icons } from "../ui/icons.ts";
import { KnowledgeApi, sentenceOf } from "./api.ts";
import { KnowledgeDocument } from "./document.ts";
import { KnowledgeDocuments } from "./document-list.ts";
import { KnowledgeEvaluation } from "./evaluation.ts";
import type { Hub, Named } from "./context.ts";
import { failure } from "./shared-parts.ts";
import { START, addressOf, routeOf } from "./route.ts";
import type { Route } from "./route.ts";
import { KnowledgeSearch } from "./search.ts";
import { words } from "./strings.ts";
import { knowledgeStyles } from "./styles.ts";
import type { Collection, Rights } from "./types.ts";
import { addPanel, uploadList } from "./upload-panel.ts";
import { Uploads, isOver } from "./upload-queue.ts";
import type { Job } from "./upload-queue.ts";
import { language } from "../i18n/translation.ts";
import type { Tag } from "../protocol/user-message.ts";
import type { Api } from "../protocol/api.ts";
import { fill } from "../i18n/strings.ts";

const COLLECTION = "default";
const REFRESH = 1500;
const inHand = new Map<string, Uploads>();
const NONE: Rights = { uploads: false, max_bytes: 0 };

export class OwflexKnowledge extends LitElement {
  static override styles = knowledgeStyles;
  static override properties = {
    service: { attribute: false },
  };

  service: Api | null = null;
  private route: Route = routeOf("");
  private rights: Rights | null = null;
  private collections: Collection[] = [];
  private uploads: Uploads | null = null;
  private api: KnowledgeApi | null = null;
  private failure = "";
  private status = "";
  private adding = false;
  private dragging = false;
  private collection = "";
  private version = 0;
  private moved = false;
  private refreshing = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.route = routeOf(location.hash);
    window.addEventListener("popstate", this.follow);
    this.addEventListener("dragover", this.onDragOver);
    this.addEventListener("dragleave", this.onDragLeave);
    this.addEventListener("drop", this.onDrop);
    void this.start();
  }

  override disconnectedCallback(): void {
    window.removeEventListener("popstate", this.follow);
    this.removeEventListener("dragover", this.onDragOver);
    this.removeEventListener("dragleave", this.onDragLeave);
    this.removeEventListener("drop", this.onDrop);
    if (this.uploads) this.uploads.listener = null;
    clearTimeout(this.refreshing);
    super.disconnectedCallback();
  }

  protected override render(): TemplateResult {
    return html`<div class="knowledge">${this.bar()}
        ${this.failure ? failure(this.failure, () => void this.start()) : this.api && this.rights ? this.body(this.rights) : nothing}</div>
      ${this.dragging ? html`<div class="overlay" aria-hidden="true"><p>${icons.attach} ${fill(words.dropOverlay, { collection: this.target })}</p></div>` : nothing}
      <p class="unseen" role="status">${this.status}</p>`;
  }

  protected override updated(_changed: PropertyValues): void {
    // What had the focus may be gone with the view it was in.
    if (this.moved && this.isConnected && !this.shadowRoot?.activeElement && document.activeElement === document.body) {
      this.renderRoot.querySelector<HTMLElement>(".page")?.focus({ preventScroll: true });
    }
    this.moved = false;
  }

  private bar(): TemplateResult {
    const running = this.uploads?.running ?? 0;
    const tab = (view: "documents" | "search" | "evaluation", label: string) => {
      const current = this.route.view === view || (view === "documents" && this.route.view === "document");
      return html`<a href=${addressOf(view)} aria-current=${current ? "page" : nothing}>${label}${view === "documents" && running ? html`<small title=${words.uploads}>${running}</small>` : nothing}</a>`;
    };
    return html`<div class="bar-top"><nav class="tabs" aria-label=${words.knowledge}>${tab("documents", words.documents)}${tab("search", words.search)}${tab("evaluation", words.evaluation)}</nav>
      ${this.rights?.uploads
        ? html`<button type="button" class="primary add-button" aria-expanded=${String(this.adding)} aria-controls="adding" @click=${() => this.setAdding(!this.adding)}>${icons.plus}<span>${words.add}</span></button>`
        : nothing}</div>`;
  }

  private body(rights: Rights): TemplateResult {
    return html`<section class="page" tabindex="-1" aria-label=${words.knowledge}>
      <div id="adding">${this.adding && rights.uploads ? this.addPanel(rights) : nothing}</div>
      ${this.uploads && (this.adding || this.route.view === "documents") ? uploadList(this.uploads) : nothing}${this.view()}
      ${rights.uploads || this.route.view !== "documents" ? nothing : html`<p class="soft read-only"><b>${words.readOnly}</b> ${words.readOnlyWhy}</p>`}</section>`;
  }

  private view(): TemplateResult {
    const { view, id, values } = this.route;
    if (view === "document") return html`<owflex-knowledge-document .hub=${this.hub} .documentId=${id} .at=${values["at"] ?? ""}></owflex-knowledge-document>`;
    if (view === "search") return html`<owflex-knowledge-search .hub=${this.hub} .values=${values}></owflex-knowledge-search>`;
    if (view === "evaluation") return html`<owflex-knowledge-evaluation .hub=${this.hub} .name=${values["name"] ?? ""}></owflex-knowledge-evaluation>`;
    return html`<owflex-knowledge-documents .hub=${this.hub} .values=${values} .version=${this.version}></owflex-knowledge-documents>`;
  }

  private addPanel(rights: Rights): TemplateResult {
    return addPanel({
      rights,
      collections: this.collections,
      collection: this.target,
      choose: (collection) => {
        this.collection = collection;
        this.requestUpdate();
      },
      files: (files) => this.uploads?.addFiles(files, this.target, rights),
      address: (url) => this.uploads?.addAddress(url, this.target),
    });
  }

  private get target(): string {
    return this.collection || this.route.values["collection"] || COLLECTION;
  }

  private get hub(): Hub {
    return {
      api: this.api as KnowledgeApi,
      rights: this.rights ?? NONE,
      collections: this.collections,
      locale: language(),
      go: this.go,
      copy: this.copy,
      announce: this.announce,
      ask: this.ask,
      changed: this.changedDocuments,
    };
  }

  private async start(): Promise<void> {
    this.failure = "";
    if (!this.service) return;
    this.api ??= new KnowledgeApi(this.service);
    try {
      [this.rights, this.collections] = await Promise.all([this.api.rights(), this.api.collections()]);
      if (this.rights.uploads) this.uploads = this.listenTo(this.api);
      this.adding ||= this.rights.uploads && !this.collections.some(({ documents }) => documents);
    } catch (error) {
      // What is shown stays when it can only not be brought up to date.
      if (this.rights) this.announce(sentenceOf(error));
      else this.failure = sentenceOf(error);
    }
    this.requestUpdate();
  }

  private listenTo(api: KnowledgeApi): Uploads {
    const place = this.service?.url ?? "";
    const uploads = inHand.get(place) ?? new Uploads(api, storage());
    inHand.set(place, uploads);
    uploads.listener = { changed: () => this.requestUpdate(), finished: this.onFinished };
    return uploads;
  }

  private readonly onFinished = (job: Job): void => {
    this.announce(job.stage === "done" ? fill(words.announceAdded, { name: job.name }) : fill(words.announceFailed, { name: job.name }));
    if (isOver(job) && job.stage === "done") this.changedDocuments();
  };

  // Of many documents that come in one after the other the lists are fetched anew now and then, not each time.
  private readonly changedDocuments = (): void => {
    this.refreshing ||= window.setTimeout(() => {
      this.refreshing = 0;
      this.version += 1;
      void this.start();
    }, REFRESH);
  };

  private readonly go = (address: string, replace = false): void => {
    if (location.hash !== address) history[replace ? "replaceState" : "pushState"](null, "", address);
    this.show(address);
  };

  private readonly follow = (): void => {
    if (location.hash.startsWith(`#${START}`)) this.show(location.hash);
  };

  private show(address: string): void {
    const route = routeOf(address);
    this.moved = route.view !== this.route.view || route.id !== this.route.id;
    if (this.moved) this.renderRoot.querySelector(".page")?.scrollTo(0, 0);
    if (this.moved) this.adding = false;
    this.route = route;
    this.requestUpdate();
  }

  private readonly onDragOver = (event: DragEvent): void => {
    if (!this.rights?.uploads || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (!this.dragging) this.setDragging(true);
  };

  private readonly onDragLeave = (event: DragEvent): void => {
    if (event.relatedTarget === null || !this.contains(event.relatedTarget as Node)) this.setDragging(false);
  };

  private readonly onDrop = (event: DragEvent): void => {
    const files = event.dataTransfer?.files;
    if (!this.rights?.uploads || !files?.length) return;
    event.preventDefault();
    this.setDragging(false);
    this.uploads?.addFiles([...files], this.target, this.rights);
  };

  private setDragging(dragging: boolean): void {
    this.dragging = dragging;
    this.requestUpdate();
  }

  private setAdding(adding: boolean): void {
    this.adding = adding;
    this.requestUpdate();
  }

  private readonly copy = (text: string): void => {
    void copyText(text).then(() => this.announce(words.copied));
  };

  private readonly announce = (text: string): void => {
    this.status = text;
    this.requestUpdate();
  };

  // The chat asks; what about is said by a tag, as if it had been mentioned there.
  private readonly ask = ({ document_id, title, source }: Named): void => {
    const tag: Tag = { id: `document:${document_id}`, kind: "document", label: title || source, hint: source, data: { document_id, source } };
    const detail: ComposerValue = { text: words.askQuestion, tags: [tag] };
    this.dispatchEvent(new CustomEvent("owflex-ask", { detail }));
  };
}

function storage(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null; // storage is switched off
  }
}

const ELEMENTS = {
  "owflex-knowledge-document": KnowledgeDocument,
  "owflex-knowledge-documents": KnowledgeDocuments,
  "owflex-knowledge-evaluation": KnowledgeEvaluation,
  "owflex-knowledge-search": KnowledgeSearch,
  "owflex-knowledge": OwflexKnowledge,
};
for (const [name, element] of Object.entries(ELEMENTS)) if (!customElements.get(name)) customElements.define(name, element);
