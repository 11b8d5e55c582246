// Files on their way to the service: checked, announced, uploaded with progress, taken back.
import { RequestFailed } from "../protocol/api.ts";
import { sent } from "../protocol/upload.ts";
import { fill, strings } from "../i18n/strings.ts";
import type { Attachment } from "../protocol/user-message.ts";
import type { Api } from "../protocol/api.ts";

export interface FileLimits {
  max_bytes: number;
  max_count: number;
  accept: string[];
}

export interface AttachedFile {
  name: string;
  size: number;
  mime: string;
  progress: number;
  problem: string;
  thumb: string;
  sent?: Attachment;
  cancel(): void;
}

const THUMB = 192;
const BY_ENDING: Record<string, string> = { md: "text/markdown", markdown: "text/markdown", csv: "text/csv", json: "application/json" };
const NAMES: Record<string, string> = {
  "application/pdf": "PDF",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
  "text/plain": "text", "text/markdown": "Markdown", "text/html": "HTML", "text/csv": "CSV", "application/json": "JSON",
};

const ending = (name: string): string => name.slice(name.lastIndexOf(".") + 1).toLowerCase();

export const mimeOf = (file: { name: string; type: string }): string => file.type || BY_ENDING[ending(file.name)] || "text/plain";

export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const mega = bytes >= 1e6;
  return `${(bytes / (mega ? 1e6 : 1e3)).toLocaleString(undefined, { maximumFractionDigits: mega ? 1 : 0 })} ${mega ? "MB" : "kB"}`;
}

// Why a file cannot be attached; nothing when it can. Of texts there are more types than any list has.
export function refusal(file: { name: string; type: string; size: number }, count: number, limits: FileLimits): string {
  if (count >= limits.max_count) return fill(strings.tooManyFiles, { count: limits.max_count });
  if (!file.size) return fill(strings.emptyFile, { name: file.name });
  if (file.size > limits.max_bytes) return fill(strings.fileTooLarge, { name: file.name, size: sizeText(file.size), most: sizeText(limits.max_bytes) });
  const type = mimeOf(file);
  if (limits.accept.includes(type) || type.startsWith("text/")) return "";
  return fill(strings.fileNotAccepted, { name: file.name, types: limits.accept.map((kind) => NAMES[kind] ?? ending(kind.replace("/", "."))).join(", ") });
}

export function attach(file: File, api: Api, changed: () => void): AttachedFile {
  const abort = new AbortController();
  const entry: AttachedFile = { name: file.name, size: file.size, mime: mimeOf(file), progress: 0, problem: "", thumb: "", cancel: () => {
    abort.abort();
    if (entry.sent) void api.call("attachments.delete", { attachment_id: entry.sent.id }).catch(() => changed());
  } };
  if (entry.mime.startsWith("image/")) void thumbOf(file).then((thumb) => { entry.thumb = thumb; changed(); });
  void send(file, entry, api, abort.signal, changed).catch((error: unknown) => {
    if (abort.signal.aborted) return;
    entry.problem = error instanceof RequestFailed && error.message ? error.message : strings.uploadFailed;
    changed();
  });
  return entry;
}

async function send(file: File, entry: AttachedFile, api: Api, signal: AbortSignal, changed: () => void): Promise<void> {
  const announced = await api.call<Attachment>("attachments.create", { name: file.name, size: file.size, mime_type: entry.mime });
  const target = announced.upload_descriptor;
  if (!target) throw new RequestFailed(strings.uploadFailed, 0);
  const headers = { "content-type": entry.mime, ...(await api.headers()), ...target.headers };
  const told = (part: number): void => { entry.progress = part; changed(); };
  await sent({ url: target.url, method: target.method, headers, body: file, signal, lost: strings.uploadFailed, told });
  entry.sent = announced;
  entry.progress = 1;
  changed();
  // Taken back while its last bytes were under way.
  if (signal.aborted) entry.cancel();
}

// A small picture as a data address: an image element cannot send a token, and the page's policy allows no blob addresses.
export async function thumbOf(blob: Blob): Promise<string> {
  try {
    const image = await createImageBitmap(blob);
    const scale = Math.min(1, THUMB / Math.min(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.min(image.width * scale, THUMB * 4));
    canvas.height = Math.max(1, Math.min(image.height * scale, THUMB * 4));
    canvas.getContext("2d")?.drawImage(image, 0, 0, image.width * scale, image.height * scale);
    image.close();
    return canvas.toDataURL("image/webp", 0.8);
  } catch {
    return ""; // no picture the browser can read: it is shown by its name
  }
}
