// What the site around the chat is told, as events of the element.
import type { Session } from "../chat/session.ts";

export class SiteEvents {
  private told = { answering: false, failure: "", thread: null as string | null };

  constructor(
    private readonly host: HTMLElement,
    private readonly loginEnded: () => boolean,
  ) {}

  // False when somebody has prevented what would follow.
  tell(name: string, detail: object = {}, cancelable = false): boolean {
    return this.host.dispatchEvent(
      new CustomEvent(`owflex-${name}`, { detail, bubbles: true, composed: true, cancelable }),
    );
  }

  // Whatever changes in the conversation: only what is new for the site is told.
  changed({ answering, loading, state, outbox }: Session): void {
    const refused = outbox.of(state.thread?.id ?? null)[0]?.problem;
    const now = {
      answering,
      failure: state.failure?.text ?? refused ?? "",
      thread: state.thread?.id ?? null,
    };
    const before = this.told;
    this.told = now;
    if (now.thread !== before.thread && !loading) this.tell("thread-change", { threadId: now.thread });
    if (now.answering !== before.answering)
      this.tell(answering ? "response-start" : "response-end", { threadId: now.thread });
    if (now.failure && now.failure !== before.failure)
      this.tell("error", { message: now.failure, loginEnded: this.loginEnded() });
  }
}
