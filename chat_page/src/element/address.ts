// The page's address names the chat or the view that is shown. A site around the chat keeps its own address.

export class Address {
  private used = false;

  constructor(private readonly go: (hash: string) => void) {}

  use(): void {
    this.used = true;
    window.addEventListener("popstate", this.follow);
  }

  leave(): void {
    this.used = false;
    window.removeEventListener("popstate", this.follow);
  }

  get hash(): string {
    return this.used ? location.hash.slice(1) : "";
  }

  show(threadId: string | null): void {
    const hash = threadId ? `#${threadId}` : "";
    if (this.used && location.hash !== hash)
      history.pushState(null, "", `${location.pathname}${location.search}${hash}`);
  }

  readonly follow = (): void => this.go(this.hash);
}
