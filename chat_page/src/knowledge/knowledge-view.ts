// The knowledge view: the documents, what searches find in them, and how well.

import type { PropertyValues, TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import type { ComposerValue } from "../composer/drafts.ts";
import { fill, language } from "../i18n/translation.ts";
import type { Api } from "../protocol/api.ts";
import type { Tag } from "../protocol/user-message.ts";
import { copyText } from "../ui/clipboard.ts";
import { FileDrop } from "../ui/file-drop.ts";
import { icons } from "../ui/icons.ts";
import { KnowledgeApi, sentenceOf } from "./api.ts";
import type { KnowledgeContext, NamedDocument } from "./context.ts";
import { KnowledgeDocument } from "./document.ts";
import { KnowledgeDocuments } from "./document-list.ts";
import { KnowledgeEvaluation } from "./evaluation.ts";
import type { Route } from "./route.ts";
import { addressOf, routeOf, START } from "./route.ts";
import { KnowledgeSearch } from "./search.ts";
import { failure, placeName } from "./shared-parts.ts";
import { OWN, words } from "./strings.ts";
import { knowledgeStyles } from "./styles.ts";
import type { Collection, Rights } from "./types.ts";
import { addPanel, uploadList } from "./upload-panel.ts";
import type { Job } from "./upload-queue.ts";
import { isOver, UploadQueue } from "./upload-queue.ts";

const COLLECTION = "default";
const REFRESH = 1500;
const inHand = new Map<string, UploadQueue>();
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
  private uploads: UploadQueue | null = null;
  private api: KnowledgeApi | null = null;
  private failure = "";
  private status = "";
  private adding = false;
  private collection = "";
  private version = 0;
  private moved = false;
  private refreshing = 0;
  private readonly drop = new FileDrop(
    this,
    () => this,
    () => Boolean(this.rights?.uploads),
    (files) => this.uploads?.addFiles(files, this.target, this.rights ?? NONE),
  );

  override connectedCallback(): void {
    super.connectedCallback();
    this.route = routeOf(location.hash);
    window.addEventListener("popstate", this.follow);
    if (this.hasUpdated) void this.start();
  }

  override disconnectedCallback(): void {
    window.removeEventListener("popstate", this.follow);
    if (this.uploads) this.uploads.listener = null;
    clearTimeout(this.refreshing);
    super.disconnectedCallback();
  }

  // An element that stood in the page before its script has its service only now.
  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("service")) void this.start();
  }

  protected override render(): TemplateResult {
    return html`<div class="knowledge">${this.bar()}
        ${
          this.failure
            ? failure(this.failure, () => void this.start())
            : this.api && this.rights
              ? this.body(this.rights)
              : nothing
        }</div>
      ${
        this.drop.over
          ? html`<div class="overlay"
            aria-hidden="true"><p>${icons.attach}
            ${fill(words.dropOverlay, { collection: placeName(this.target) })}</p></div>`
          : nothing
      }
      <p class="unseen" role="status">${this.status}</p>`;
  }

  protected override updated(_changed: PropertyValues): void {
    // What had the focus may be gone with the view it was in.
    if (
      this.moved &&
      this.isConnected &&
      !this.shadowRoot?.activeElement &&
      document.activeElement === document.body
    ) {
      this.renderRoot.querySelector<HTMLElement>(".page")?.focus({ preventScroll: true });
    }
    this.moved = false;
  }

  private bar(): TemplateResult {
    const running = this.uploads?.running ?? 0;
    const tab = (view: "documents" | "search" | "evaluation", label: string) => {
      const current = this.route.view === view || (view === "documents" && this.route.view === "document");
      return html`<a href=${addressOf(view)} aria-current=${current ? "page" : nothing}>${label}${
        view === "documents" && running ? html`<small title=${words.uploads}>${running}</small>` : nothing
      }</a>`;
    };
    return html`<div class="bar-top"><nav class="tabs"
      aria-label=${words.knowledge}>${tab("documents", words.documents)}${tab("search", words.search)}
      ${tab("evaluation", words.evaluation)}</nav>
      ${
        this.rights?.uploads
          ? html`<button type="button" class="primary add-button" aria-expanded=${String(this.adding)}
            aria-controls="adding"
            @click=${() => this.setAdding(!this.adding)}>${icons.plus}<span>${words.add}</span></button>`
          : nothing
      }</div>`;
  }

  private body(rights: Rights): TemplateResult {
    const onList = this.route.view === "documents";
    return html`<section class="page" tabindex="-1" aria-label=${words.knowledge}>
      <div id="adding">${this.adding && rights.uploads ? this.addPanel(rights) : nothing}</div>
      ${this.uploads && (this.adding || onList) ? uploadList(this.uploads) : nothing} ${this.view()}
      ${
        rights.uploads || !onList
          ? nothing
          : html`<p class="soft read-only"><b>${words.readOnly}</b> ${words.readOnlyWhy}</p>`
      }</section>`;
  }

  private view(): TemplateResult {
    const { view, id, values } = this.route;
    if (view === "document")
      return html`<owflex-knowledge-document .context=${this.context} .documentId=${id}
        .at=${values["at"] ?? ""}></owflex-knowledge-document>`;
    if (view === "search")
      return html`<owflex-knowledge-search .context=${this.context}
        .values=${values}></owflex-knowledge-search>`;
    if (view === "evaluation")
      return html`<owflex-knowledge-evaluation .context=${this.context}
        .name=${values["name"] ?? ""}></owflex-knowledge-evaluation>`;
    return html`<owflex-knowledge-documents .context=${this.context} .values=${values}
      .version=${this.version}></owflex-knowledge-documents>`;
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
    const chosen = this.collection || this.route.values["collection"];
    if (chosen || !this.rights?.own_collection) return chosen || COLLECTION;
    const usual = this.collections.find(({ name }) => name === COLLECTION);
    return usual && usual.right !== "read" ? COLLECTION : OWN;
  }

  private get context(): KnowledgeContext {
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

  private listenTo(api: KnowledgeApi): UploadQueue {
    const place = this.service?.url ?? "";
    const uploads = inHand.get(place) ?? new UploadQueue(api, storage());
    inHand.set(place, uploads);
    uploads.listener = { changed: () => this.requestUpdate(), finished: this.onFinished };
    return uploads;
  }

  private readonly onFinished = (job: Job): void => {
    this.announce(
      job.stage === "done"
        ? fill(words.announceAdded, { name: job.name })
        : fill(words.announceFailed, { name: job.name }),
    );
    if (isOver(job) && job.stage === "done") this.changedDocuments();
  };

  // While many documents come in, the lists are fetched anew now and then, not each time.
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
  private readonly ask = ({ document_id, title, source }: NamedDocument): void => {
    const tag: Tag = {
      id: `document:${document_id}`,
      kind: "document",
      label: title || source,
      hint: source,
      data: { document_id, source },
    };
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
for (const [name, element] of Object.entries(ELEMENTS))
  if (!customElements.get(name)) customElements.define(name, element);
