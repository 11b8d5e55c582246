// The whole screen, or the whole window where the browser refuses the screen.
import type { ReactiveController, ReactiveControllerHost } from "lit";

type Host = ReactiveControllerHost & EventTarget;

export class FullScreen implements ReactiveController {
  on = false;

  constructor(
    private readonly host: Host,
    private readonly root: () => HTMLElement | null,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener("fullscreenchange", this.onChange);
  }

  hostDisconnected(): void {
    document.removeEventListener("fullscreenchange", this.onChange);
    this.on = false;
  }

  async toggle(): Promise<void> {
    if (this.on) return this.leave();
    this.set(true);
    try {
      await this.root()?.requestFullscreen({ navigationUI: "hide" });
    } catch {
      // A frame without the permission, or a phone: the layer over the window is what remains.
    }
  }

  async leave(): Promise<void> {
    this.set(false);
    if (this.hasScreen) await document.exitFullscreen();
  }

  // Whether the key was meant for this.
  takes(event: KeyboardEvent): boolean {
    if ((event.ctrlKey || event.metaKey) && event.shiftKey && event.key.toLowerCase() === "f")
      void this.toggle();
    else if (event.key === "Escape" && this.on && !event.defaultPrevented) void this.leave();
    else return false;
    event.preventDefault();
    return true;
  }

  private get hasScreen(): boolean {
    const root = this.root()?.getRootNode() as ShadowRoot | undefined;
    return Boolean(root?.fullscreenElement ?? document.fullscreenElement);
  }

  private set(on: boolean): void {
    this.on = on;
    this.host.requestUpdate();
  }

  private readonly onChange = (): void => {
    if (this.on && !this.hasScreen) this.set(false);
  };
}
