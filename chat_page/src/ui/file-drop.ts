// Files dragged over a part of the page and dropped there.

import type { ReactiveController, ReactiveControllerHost } from "lit";

const EVENTS = ["dragenter", "dragover", "dragleave", "drop"];

export class FileDrop implements ReactiveController {
  // Whether files are over the zone.
  over = false;
  private zone: EventTarget | null = null;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly findZone: () => EventTarget,
    private readonly accepts: () => boolean,
    private readonly take: (files: File[]) => void,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.zone = this.findZone();
    for (const type of EVENTS) this.zone.addEventListener(type, this.onDrag);
  }

  hostDisconnected(): void {
    for (const type of EVENTS) this.zone?.removeEventListener(type, this.onDrag);
  }

  private readonly onDrag = (found: Event): void => {
    const event = found as DragEvent;
    if (!this.accepts() || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const inside = (this.zone as Node).contains(event.relatedTarget as Node | null);
    this.set(event.type !== "drop" && (event.type !== "dragleave" || inside));
    if (event.type === "drop") this.take([...event.dataTransfer.files]);
  };

  private set(over: boolean): void {
    if (over === this.over) return;
    this.over = over;
    this.host.requestUpdate();
  }
}
