// Files on their way to the service: checked, announced, uploaded with progress, taken back.

import { strings } from "../i18n/strings.ts";
import type { Api } from "../protocol/api.ts";
import { RequestFailed } from "../protocol/api.ts";
import { upload } from "../protocol/upload.ts";
import type { Attachment } from "../protocol/user-message.ts";
import { mimeOf } from "./file-rules.ts";
import { thumbnailOf } from "./thumbnail.ts";

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

export function attach(file: File, api: Api, changed: () => void): AttachedFile {
  const abort = new AbortController();
  const entry: AttachedFile = {
    name: file.name,
    size: file.size,
    mime: mimeOf(file),
    progress: 0,
    problem: "",
    thumb: "",
    cancel: () => {
      abort.abort();
      if (entry.sent)
        void api.call("attachments.delete", { attachment_id: entry.sent.id }).catch(() => changed());
    },
  };
  if (entry.mime.startsWith("image/"))
    void thumbnailOf(file).then((thumb) => {
      entry.thumb = thumb;
      changed();
    });
  void send(file, entry, api, abort.signal, changed).catch((error: unknown) => {
    if (abort.signal.aborted) return;
    entry.problem = error instanceof RequestFailed && error.message ? error.message : strings.uploadFailed;
    changed();
  });
  return entry;
}

async function send(
  file: File,
  entry: AttachedFile,
  api: Api,
  signal: AbortSignal,
  changed: () => void,
): Promise<void> {
  const announced = await api.call<Attachment>("attachments.create", {
    name: file.name,
    size: file.size,
    mime_type: entry.mime,
  });
  const target = announced.upload_descriptor;
  if (!target) throw new RequestFailed(strings.uploadFailed, 0);
  const headers = { "content-type": entry.mime, ...(await api.headers()), ...target.headers };
  const onProgress = (part: number): void => {
    entry.progress = part;
    changed();
  };
  await upload({
    url: target.url,
    method: target.method,
    headers,
    body: file,
    signal,
    unreached: strings.uploadFailed,
    onProgress,
  });
  entry.sent = announced;
  entry.progress = 1;
  changed();
  // Taken back while its last bytes were under way.
  if (signal.aborted) entry.cancel();
}
