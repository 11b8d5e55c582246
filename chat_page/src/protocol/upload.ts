// Sends a body and tells how much of it has left. Only XMLHttpRequest knows; fetch does not.
import { RequestFailed, sentenceIn } from "./api.ts";

export interface UploadRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: Blob | FormData;
  signal: AbortSignal;
  // The sentence of the error when the connection fails.
  unreached: string;
  onProgress(share: number): void;
}

// The JSON of the answer; null when it is none. Rejects with RequestFailed, or as an abort does.
export function upload({
  url,
  method,
  headers,
  body,
  signal,
  unreached,
  onProgress,
}: UploadRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = (event) =>
      onProgress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onload = () =>
      request.status < 300
        ? resolve(request.response)
        : reject(new RequestFailed(sentenceIn(request.response), request.status));
    request.onerror = () => reject(new RequestFailed(unreached, 0));
    request.onabort = () => reject(new DOMException("", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    if (signal.aborted) reject(new DOMException("", "AbortError"));
    else request.send(body);
  });
}
