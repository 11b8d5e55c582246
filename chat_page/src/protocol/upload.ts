// Sends a body and tells how much of it has left. Only XMLHttpRequest knows; fetch does not.
import { RequestFailed, sentenceIn } from "./api.ts";

export interface Sending {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: Blob | FormData;
  signal: AbortSignal;
  // What is said when the connection fails.
  lost: string;
  told(share: number): void;
}

// The JSON of the answer; null when it is none. Rejects with RequestFailed, or as an abort does.
export function sent({ url, method, headers, body, signal, lost, told }: Sending): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = (event) => told(event.lengthComputable ? event.loaded / event.total : 0);
    request.onload = () =>
      request.status < 300 ? resolve(request.response) : reject(new RequestFailed(sentenceIn(request.response), request.status));
    request.onerror = () => reject(new RequestFailed(lost, 0));
    request.onabort = () => reject(new DOMException("", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    if (signal.aborted) reject(new DOMException("", "AbortError"));
    else request.send(body);
  });
}
