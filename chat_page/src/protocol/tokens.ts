// Who asks: the bearer token of a request, asked for once and again when the service refuses it.

export type TokenProvider = () => Promise<string> | string;

export class Tokens {
  provider: TokenProvider | null = null;
  fixed = "";
  language = "";
  // The service refused what the provider gave, or there is none.
  refused = false;
  private asked: Promise<string> | null = null;

  constructor(private readonly changed: () => void) {}

  async headers(): Promise<Record<string, string>> {
    const token = await this.token();
    return {
      ...(this.language ? { "accept-language": this.language } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
  }

  forget(): void {
    this.asked = null;
  }

  note(refused: boolean): void {
    if (refused) this.forget();
    if (refused === this.refused) return;
    this.refused = refused;
    this.changed();
  }

  private async token(): Promise<string> {
    if (!this.provider) return this.fixed;
    this.asked ??= Promise.resolve(this.provider());
    try {
      return await this.asked;
    } catch (error) {
      this.forget();
      throw error;
    }
  }
}
