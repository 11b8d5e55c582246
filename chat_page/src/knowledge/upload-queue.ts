// The queue of what is being added: files and addresses on their way, then in the hands of a worker.

import { fill } from "../i18n/translation.ts";
import { RequestFailed } from "../protocol/api.ts";
import type { KnowledgeApi } from "./api.ts";
import { sentenceOf } from "./api.ts";
import { size } from "./formats.ts";
import { words } from "./strings.ts";
import type { Rights, Upload } from "./types.ts";

export type Stage = "queued" | "sending" | "waiting" | "working" | "done" | "failed" | "cancelled";

export interface Job {
  key: string;
  name: string;
  bytes: number;
  collection: string;
  stage: Stage;
  sent: number;
  uploadId: number | null;
  outcome: string | null;
  chunks: number;
  documentId: number | null;
  reason: string;
  file: File | null;
  url: string;
  abort: AbortController | null;
}

const KEY = "owflex-knowledge-uploads";
// Two small ones at a time; large ones one after the other.
const MAX_AT_ONCE = 2;
const LARGE = 1_000_000;
// Workers take what came first, so only the oldest few are asked about: a user has so many requests a minute.
const LOOKS = 2;
const FIRST_LOOK = 1000;
const MAX_LOOK = 5000;
const TOO_MANY = 429;
const REST = 5000;
const AWAY = [0, TOO_MANY, 502, 503, 504];

export const isOver = (job: Job): boolean => ["done", "failed", "cancelled"].includes(job.stage);
export const canRetry = (job: Job): boolean =>
  ["failed", "cancelled"].includes(job.stage) && (job.file !== null || job.url !== "");
export const canCancel = (job: Job): boolean => job.stage === "queued" || job.stage === "sending";

// Which of those in hand to ask about: the oldest; new ones stand at the beginning.
export const oldest = (jobs: Job[]): Job[] =>
  jobs.filter(({ stage }) => stage === "waiting" || stage === "working").slice(-LOOKS);

// Which of the queued ones may begin now.
export function next(jobs: Job[]): Job | undefined {
  const sending = jobs.filter((job) => job.stage === "sending");
  if (sending.length >= MAX_AT_ONCE) return undefined;
  const large = sending.some((job) => job.bytes >= LARGE);
  return jobs.findLast((job) => job.stage === "queued" && !(large && job.bytes >= LARGE));
}

export function refusal(bytes: number, most: number): string {
  if (bytes === 0) return words.uploadEmpty;
  return bytes > most ? fill(words.uploadTooLarge, { size: size(bytes), most: size(most) }) : "";
}

export interface Listener {
  changed(): void;
  finished(job: Job): void;
}

// It outlives the view: who goes to the chat meanwhile loses no file.
export class UploadQueue {
  jobs: Job[] = [];
  listener: Listener | null = null;
  private count = 0;
  private looking = 0;
  private resting = 0;
  private pause = FIRST_LOOK;

  constructor(
    private readonly api: KnowledgeApi,
    private readonly storage: Pick<Storage, "getItem" | "setItem"> | null,
  ) {
    this.jobs = this.kept();
    this.lookLater();
  }

  addFiles(files: Iterable<File>, collection: string, rights: Rights): void {
    for (const file of files) {
      const reason = refusal(file.size, rights.max_bytes);
      this.jobs.unshift({
        ...this.blank(file.name, collection),
        bytes: file.size,
        file: reason ? null : file,
        reason,
        stage: reason ? "failed" : "queued",
      });
    }
    this.goOn();
  }

  addAddress(url: string, collection: string): void {
    this.jobs.unshift({ ...this.blank(url, collection), url });
    this.goOn();
  }

  cancel(job: Job): void {
    job.abort?.abort();
    job.stage = "cancelled";
    this.goOn();
  }

  retry(job: Job): void {
    Object.assign(job, { stage: "queued", reason: "", sent: 0, uploadId: null });
    this.goOn();
  }

  hide(job: Job): void {
    this.jobs = this.jobs.filter((other) => other !== job);
    this.goOn();
  }

  clear(): void {
    this.jobs = this.jobs.filter((job) => !isOver(job));
    this.goOn();
  }

  get running(): number {
    return this.jobs.filter((job) => !isOver(job)).length;
  }

  private blank(name: string, collection: string): Job {
    this.count += 1;
    const key = `${Date.now()}-${this.count}`;
    return {
      key,
      name,
      bytes: 0,
      collection,
      stage: "queued",
      sent: 0,
      uploadId: null,
      outcome: null,
      chunks: 0,
      documentId: null,
      reason: "",
      file: null,
      url: "",
      abort: null,
    };
  }

  private goOn(): void {
    for (let job = next(this.jobs); job && !this.resting; job = next(this.jobs)) void this.send(job);
    this.lookLater();
    this.keep();
    this.listener?.changed();
  }

  private async send(job: Job): Promise<void> {
    job.stage = "sending";
    this.pause = FIRST_LOOK;
    job.abort = new AbortController();
    const told = (share: number) => {
      job.sent = share;
      this.listener?.changed();
    };
    try {
      const sent = job.file
        ? this.api.addFile(job.file, job.collection, told, job.abort.signal)
        : this.api.addAddress(job.url, job.collection);
      this.note(job, await sent);
    } catch (error) {
      // What the user cancelled is cancelled already.
      if (job.stage === "sending") this.refuse(job, error);
    }
    job.abort = null;
    this.goOn();
  }

  private note(job: Job, upload: Upload): void {
    Object.assign(job, {
      stage: upload.status,
      uploadId: upload.upload_id,
      outcome: upload.outcome,
      chunks: upload.chunks,
    });
    job.documentId = upload.document_ids[0] ?? null;
    job.reason = upload.reason ?? "";
    if (isOver(job)) this.listener?.finished(job);
  }

  // Too many at once is no fault of the file: it waits its turn again.
  private refuse(job: Job, error: unknown): void {
    if (!(error instanceof RequestFailed) || error.status !== TOO_MANY)
      return this.fail(job, sentenceOf(error));
    job.stage = "queued";
    clearTimeout(this.resting);
    this.resting = window.setTimeout(() => {
      this.resting = 0;
      this.goOn();
    }, REST);
  }

  private fail(job: Job, reason: string): void {
    job.stage = "failed";
    job.reason = reason;
  }

  private lookLater(): void {
    if (this.looking || !oldest(this.jobs).length) return;
    this.looking = window.setTimeout(() => {
      void Promise.all(oldest(this.jobs).map((job) => this.look(job))).then((over) => {
        this.pause = over.includes(true) ? FIRST_LOOK : Math.min(this.pause * 1.5, MAX_LOOK);
        this.looking = 0;
        this.goOn();
      });
    }, this.pause);
  }

  // Whether it is over now.
  private async look(job: Job): Promise<boolean> {
    try {
      this.note(job, await this.api.upload(job.uploadId as number));
    } catch (error) {
      // A service that is away for a moment says nothing about the document.
      if (!(error instanceof RequestFailed && AWAY.includes(error.status))) this.fail(job, sentenceOf(error));
    }
    return isOver(job);
  }

  // A reload loses the files that were not sent yet, never what the service has.
  private keep(): void {
    const kept = this.jobs.map(({ file: _file, abort: _abort, ...rest }) => rest);
    try {
      this.storage?.setItem(KEY, JSON.stringify(kept));
    } catch {
      // Storage is full or switched off: a reload forgets the list, the service does not.
    }
  }

  private kept(): Job[] {
    try {
      const kept = JSON.parse(this.storage?.getItem(KEY) ?? "[]") as Omit<Job, "file" | "abort">[];
      return kept.map((job) => {
        const lost = job.uploadId === null && (job.stage === "queued" || job.stage === "sending");
        return {
          ...job,
          file: null,
          abort: null,
          ...(lost ? { stage: "failed" as const, reason: words.uploadLost } : {}),
        };
      });
    } catch {
      return [];
    }
  }
}
