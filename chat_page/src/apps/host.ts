// Speaks with the program that shows the app: JSON-RPC over postMessage, as MCP Apps (2026-01-26) has it.

const PROTOCOL = "2026-01-26";
const METHOD_NOT_FOUND = -32601;

export interface HostContext {
  theme?: "light" | "dark";
  styles?: { variables?: Record<string, string | undefined> };
  locale?: string;
  displayMode?: string;
  availableDisplayModes?: string[];
}

interface HostCapabilities {
  openLinks?: object;
  serverTools?: object;
  updateModelContext?: object;
}

export interface ToolResult {
  content?: { type: string; text?: string }[];
  structuredContent?: unknown;
  isError?: boolean;
  _meta?: Record<string, unknown>;
}

export interface HostListener {
  onInput(args: Record<string, unknown>): void;
  onResult(result: ToolResult): void;
  onCancelled(): void;
  onContext(context: HostContext): void;
}

interface Message {
  jsonrpc: "2.0";
  id?: number | string;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
}

interface Waiting {
  resolve(result: Record<string, unknown>): void;
  reject(error: Error): void;
}

export class Host {
  private context: HostContext = {};
  private capabilities: HostCapabilities = {};
  private readonly waiting = new Map<number | string, Waiting>();
  private lastId = 0;
  private told = "";

  constructor(private readonly listener: HostListener) {}

  get callsTools(): boolean {
    return this.capabilities.serverTools !== undefined;
  }

  get fills(): boolean {
    return this.context.displayMode === "fullscreen";
  }

  get canFill(): boolean {
    return this.context.availableDisplayModes?.includes("fullscreen") ?? false;
  }

  async connect(): Promise<void> {
    addEventListener("message", (event) => {
      // Only the frame around this one speaks for the host.
      if (event.source === parent && event.data?.jsonrpc === "2.0") this.receive(event.data as Message);
    });
    const answer = await this.request("ui/initialize", {
      protocolVersion: PROTOCOL,
      appInfo: { name: "OwFlex", version: "1" },
      appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
    });
    this.capabilities = (answer["hostCapabilities"] ?? {}) as HostCapabilities;
    this.take((answer["hostContext"] ?? {}) as HostContext);
    this.send({ method: "ui/notifications/initialized", params: {} });
    new ResizeObserver(() => this.tellSize()).observe(document.body);
  }

  // Rejects with what the host says where it refuses, or its user does.
  async call(name: string, args: Record<string, unknown>): Promise<ToolResult> {
    return (await this.request("tools/call", { name, arguments: args })) as ToolResult;
  }

  // Whether the host opens the address.
  async open(url: string): Promise<boolean> {
    try {
      return !(await this.request("ui/open-link", { url }))["isError"];
    } catch {
      return false;
    }
  }

  // What the model is to know of what was done here, from the next turn on; it replaces what was told before.
  tellModel(text: string): void {
    if (!this.capabilities.updateModelContext) return;
    const content = [{ type: "text", text }];
    this.request("ui/update-model-context", { content }).catch(() => undefined);
  }

  async fill(): Promise<void> {
    const mode = this.fills ? "inline" : "fullscreen";
    try {
      const { mode: displayMode } = await this.request("ui/request-display-mode", { mode });
      this.take({ displayMode: String(displayMode) });
    } catch {
      // It stays as it is.
    }
  }

  private request(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.send({ id, method, params });
    });
  }

  // Where the host comes from cannot be known: what is sent holds nothing that it did not give.
  private send(message: Omit<Message, "jsonrpc">): void {
    parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  }

  private receive({ id, method, params = {}, result, error }: Message): void {
    if (method === undefined) this.answered(id, result, error);
    else if (id === undefined) this.notified(method, params);
    else if (method === "ping" || method === "ui/resource-teardown") this.send({ id, result: {} });
    else this.send({ id, error: { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` } });
  }

  private answered(id: Message["id"], result: Message["result"], error: Message["error"]): void {
    const waiting = id === undefined ? undefined : this.waiting.get(id);
    if (!waiting || id === undefined) return;
    this.waiting.delete(id);
    if (error) waiting.reject(new Error(error.message));
    else waiting.resolve(result ?? {});
  }

  private notified(method: string, params: Record<string, unknown>): void {
    const { listener } = this;
    switch (method) {
      case "ui/notifications/tool-input":
        return listener.onInput((params["arguments"] ?? {}) as Record<string, unknown>);
      case "ui/notifications/tool-result":
        return listener.onResult(params as ToolResult);
      case "ui/notifications/tool-cancelled":
        return listener.onCancelled();
      case "ui/notifications/host-context-changed":
        return this.take(params as HostContext);
    }
  }

  private take(context: HostContext): void {
    this.context = { ...this.context, ...context };
    this.listener.onContext(this.context);
  }

  private tellSize(): void {
    const size = { width: innerWidth, height: Math.ceil(document.body.getBoundingClientRect().height) };
    const told = JSON.stringify(size);
    if (told === this.told) return;
    this.told = told;
    this.send({ method: "ui/notifications/size-changed", params: size });
  }
}
