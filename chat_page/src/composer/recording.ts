// Speech to text: a recording of the browser's, written down by the service.
import { strings } from "../i18n/strings.ts";
import type { Api } from "../protocol/api.ts";

const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
// The service takes 25 MB; at this rate a recording of the longest kind has 3.
const BITS_PER_SECOND = 48_000;
export const MAX_SECONDS = 300;

export interface Recording {
  stop(): Promise<Blob>;
  cancel(): void;
}

export function canRecord(): boolean {
  return isSecureContext && "mediaDevices" in navigator && typeof MediaRecorder === "function";
}

// Throws an error whose message is a sentence for the user.
export async function startRecording(): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch((error: unknown) => {
    const name = error instanceof DOMException ? error.name : "";
    throw new Error(
      name === "NotAllowedError"
        ? strings.micRefused
        : name === "NotFoundError"
          ? strings.micMissing
          : strings.micBusy,
    );
  });
  const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
  const recorder = new MediaRecorder(stream, {
    audioBitsPerSecond: BITS_PER_SECOND,
    ...(mimeType ? { mimeType } : {}),
  });
  const chunks: Blob[] = [];
  const ended = new Promise<void>((resolve) => recorder.addEventListener("stop", () => resolve()));
  recorder.addEventListener("dataavailable", (event) => chunks.push(event.data));
  recorder.start();
  const end = (): void => {
    if (recorder.state !== "inactive") recorder.stop();
    for (const track of stream.getTracks()) track.stop();
  };
  return {
    cancel: end,
    async stop() {
      end();
      await ended;
      return new Blob(chunks, { type: recorder.mimeType });
    },
  };
}

// The words of a recording. Throws an error whose message is a sentence for the user.
export async function wordsIn(recording: Blob, api: Api): Promise<string> {
  if (!recording.size) throw new Error(strings.nothingHeard);
  const audio_base64 = await base64(recording);
  const { text } = await api.call<{ text: string }>("input.transcribe", {
    audio_base64,
    mime_type: recording.type,
  });
  if (!text.trim()) throw new Error(strings.nothingHeard);
  return text.trim();
}

function base64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",", 2)[1] ?? "");
    reader.onerror = () => reject(new Error(strings.nothingHeard));
    reader.readAsDataURL(blob);
  });
}
