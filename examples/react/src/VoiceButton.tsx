// Records a question and hands its words over. Browsers give the microphone to https and localhost only.
import { useEffect, useRef, useState } from "react";
import { transcribe } from "./service";

interface Props {
  onText: (text: string) => Promise<void>;
  onProblem: (text: string) => void;
}

type State = "idle" | "recording" | "writing";
const labels: Record<State, string> = {
  idle: "Speak",
  recording: "Stop recording",
  writing: "Transcribing …",
};

export function VoiceButton({ onText, onProblem }: Props) {
  const [state, setState] = useState<State>("idle");
  const recorder = useRef<MediaRecorder | null>(null);
  useEffect(() => () => release(recorder.current), []);
  if (!globalThis.isSecureContext || !("MediaRecorder" in globalThis)) return null;

  const write = async (recording: Blob) => {
    setState("writing");
    try {
      await onText(await transcribe(recording));
    } catch (error) {
      onProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setState("idle");
    }
  };
  const start = async () => {
    try {
      recorder.current = await record((recording) => void write(recording));
      setState("recording");
    } catch {
      onProblem("The microphone cannot be used. Allow it in the browser's settings.");
    }
  };
  return (
    <button
      type="button"
      className="voice"
      aria-pressed={state === "recording"}
      disabled={state === "writing"}
      onClick={() => (state === "recording" ? recorder.current?.stop() : void start())}
    >
      {labels[state]}
    </button>
  );
}

async function record(done: (recording: Blob) => void): Promise<MediaRecorder> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream);
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  recorder.addEventListener("stop", () => {
    release(recorder);
    done(new Blob(parts, { type: recorder.mimeType }));
  });
  recorder.start();
  return recorder;
}

function release(recorder: MediaRecorder | null): void {
  for (const track of recorder?.stream.getTracks() ?? []) track.stop();
}
