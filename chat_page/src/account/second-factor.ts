// The code of a second factor: asked for after the password, and set up on the page of one's account.

interface Prepared {
  secret: string;
  address: string;
  picture: string;
}

interface State {
  has_password: boolean;
  has_second_factor: boolean;
  recovery_codes_left: number;
  owes_second_factor: boolean;
}

const one = <Kind extends HTMLElement>(where: string): Kind => document.querySelector(where) as Kind;

// The password was right: from now on the page is the one step that is left.
export function askForCode(): void {
  const form = one<HTMLFormElement>("form[data-send='sign-in']");
  form.reset();
  form.hidden = true;
  for (const other of document.querySelectorAll<HTMLElement>("#provider, #no-password")) other.hidden = true;
  one("#step").hidden = false;
  one("#code").focus();
}

// Back to name and password.
export function askForPassword(): void {
  const step = one<HTMLFormElement>("#step");
  step.reset();
  step.hidden = true;
  for (const other of document.querySelectorAll<HTMLElement>("#provider, #no-password")) other.hidden = false;
  one("form[data-send='sign-in']").hidden = false;
  one("#name").focus();
}

export function showSecret(prepared: Prepared): void {
  one("#second-secret").textContent = prepared.secret;
  one<HTMLAnchorElement>("#second-address").href = prepared.address;
  one<HTMLImageElement>("#second-picture").src = prepared.picture;
  one("#second-prepare").hidden = true;
  one("#second-confirm").hidden = false;
  one("#confirm-code").focus();
}

export function showCodes(codes: readonly string[]): void {
  const lines = codes.map((code) => {
    const line = document.createElement("li");
    line.textContent = code;
    return line;
  });
  one("#codes").replaceChildren(...lines);
  one("#second-codes").hidden = codes.length === 0;
}

// A secret that is set up stays in sight until it is confirmed or the page is left.
export function showState(me: State): void {
  const section = one("#second");
  section.hidden = !me.has_password;
  one("#second-demanded").hidden = !me.owes_second_factor;
  // Nothing but this page is open until then.
  one("#to-chat").hidden = me.owes_second_factor;
  one("#second-change").hidden = !me.has_second_factor;
  if (me.has_second_factor) {
    one("#second-confirm").hidden = true;
    one("#second-secret").textContent = "";
    one("#second-address").removeAttribute("href");
    one("#second-picture").removeAttribute("src");
    one("#second-state").dataset["off"] ??= one("#second-state").textContent ?? "";
    one("#second-state").textContent = `${section.dataset["on"] ?? ""} ${me.recovery_codes_left}`;
    one("#second-prepare").hidden = true;
    return;
  }
  showCodes([]);
  one("#second-state").textContent = one("#second-state").dataset["off"] ?? one("#second-state").textContent;
  one("#second-prepare").hidden = !one("#second-confirm").hidden;
}
