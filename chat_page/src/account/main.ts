// The pages of accounts: to sign in, to use a one-time link, and of one's own account.
import { forgetAll } from "../ui/kept.ts";
import { applyTheme, savedTheme } from "../ui/theme.ts";
import { showAccount } from "./own-account.ts";
import { askForCode, askForPassword, showCodes, showSecret } from "./second-factor.ts";
import { following, Refused, send, valuesOf } from "./sending.ts";

const problem = document.querySelector("#problem") as HTMLElement;
const done = document.querySelector("#done") as HTMLElement;

function say(sentence: string, where: HTMLElement = problem): void {
  problem.textContent = done.textContent = "";
  // Said again when it is the same sentence.
  requestAnimationFrame(() => {
    where.textContent = sentence;
  });
}

// A second click does nothing until the first was answered.
async function tried(button: HTMLButtonElement | null, work: () => Promise<void>): Promise<void> {
  if (button?.getAttribute("aria-disabled") === "true") return;
  button?.setAttribute("aria-disabled", "true");
  try {
    await work();
  } catch (error) {
    say(error instanceof Refused && error.message ? error.message : (document.body.dataset["failed"] ?? ""));
  } finally {
    button?.removeAttribute("aria-disabled");
  }
}

function goOn(): void {
  location.assign(
    following(document.body.dataset["next"] ?? "", tokenInHash() ? "" : location.hash, location.href),
  );
}

const tokenInHash = (): string => (document.querySelector("#invitation") ? location.hash.slice(1) : "");

// The repeated password differs: said beside the field, and nothing is sent.
function differing(form: HTMLFormElement): HTMLInputElement | null {
  const again = form.querySelector<HTMLInputElement>("[data-same-as]");
  const first = again && form.querySelector<HTMLInputElement>(`#${again.dataset["sameAs"]}`);
  return again && first && again.value !== first.value ? again : null;
}

// What the service has answered, beside that it is done.
interface Answer {
  needs_code?: boolean;
  secret?: string;
  address?: string;
  picture?: string;
  recovery_codes?: string[];
}

const TO_TYPE_AGAIN = "input[type=password], input[autocomplete=one-time-code]";

async function submit(form: HTMLFormElement, by: HTMLElement | null): Promise<void> {
  const again = differing(form);
  if (again) {
    say(again.dataset["differs"] ?? "");
    again.focus();
    return;
  }
  await tried(form.querySelector("button"), async () => {
    const token = tokenInHash();
    const wish = { ...form.dataset, ...by?.dataset };
    const body = { ...valuesOf(form), ...(token ? { token } : {}) };
    try {
      await goOnWith((await send(wish["send"] ?? "", body)) as Answer, form, wish);
    } catch (error) {
      if (error instanceof Refused && error.code === "step_over") askForPassword();
      else form.querySelector<HTMLInputElement>(TO_TYPE_AGAIN)?.select();
      throw error;
    }
  });
}

async function goOnWith(answer: Answer, form: HTMLFormElement, wish: DOMStringMap): Promise<void> {
  if (answer.needs_code && form.dataset["send"] === "sign-in") {
    say("", done);
    return askForCode();
  }
  if (wish["then"] === "next") return goOn();
  form.reset();
  const { secret, address, picture } = answer;
  if (secret && address && picture) {
    say("", done);
    return showSecret({ secret, address, picture });
  }
  say(wish["done"] ?? "", done);
  await showAccount();
  if (answer.recovery_codes) showCodes(answer.recovery_codes);
}

async function lookAtLink(form: HTMLFormElement): Promise<void> {
  await tried(null, async () => {
    const link = (await send("invitation/look", { token: location.hash.slice(1) || "-" })) as {
      purpose: string;
      name: string | null;
    };
    const name = form.querySelector<HTMLInputElement>("#name");
    if (name && link.name !== null) {
      name.value = link.name;
      name.readOnly = true;
    }
    form.hidden = false;
    for (const note of document.querySelectorAll<HTMLElement>("#setup"))
      note.hidden = link.purpose !== "setup";
    (link.name === null ? name : form.querySelector<HTMLInputElement>("#password"))?.focus();
  });
}

function onClick(id: string, path: string, then: (button: HTMLElement, answer: unknown) => unknown): void {
  const button = document.querySelector<HTMLButtonElement>(`#${id}`);
  const work = async (): Promise<void> =>
    void (button && (await then(button, await send(path, id === "provider" ? { next: nextPage() } : {}))));
  button?.addEventListener("click", () => void tried(button, work));
}

const nextPage = (): string => {
  const next = document.body.dataset["next"] ?? "";
  return next.includes("#") ? next : next + location.hash;
};

applyTheme(savedTheme());
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-send]"))
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(form, event.submitter);
  });
onClick("sign-out", "sign-out", () => {
  forgetAll();
  location.assign("sign-in");
});
onClick("end-others", "account/sessions/end", (button) => {
  say(button.dataset["done"] ?? "", done);
  return showAccount();
});
onClick("provider", "sign-in/provider", (_, answer) =>
  location.assign((answer as { location: string }).location),
);
document.querySelector("#back")?.addEventListener("click", () => {
  say("", done);
  askForPassword();
});
const invitation = document.querySelector<HTMLFormElement>("#invitation");
if (invitation) void lookAtLink(invitation);
if (document.querySelector("#me")) void tried(null, showAccount);
