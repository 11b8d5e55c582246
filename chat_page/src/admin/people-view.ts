// The people who may sign in, and what an administrator does with them.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { fill } from "../i18n/translation.ts";
import { copyText } from "../ui/clipboard.ts";
import { ActingView } from "./acting-view.ts";
import { moment, table } from "./parts.ts";
import { ended, login, states } from "./people-parts.ts";
import { words } from "./strings.ts";
import type { Disabled, Invitation, People, Person } from "./types.ts";

export class PeopleView extends ActingView<People> {
  private invitation: Invitation | null = null;
  private disabled: Disabled | null = null;
  private query = "";
  private copied = false;

  protected override render(): TemplateResult {
    const { known } = this;
    if (!known) return html``;
    if (!known.people) return login(known);
    return html`<div class="inner">${this.told()}
      ${this.invitation ? this.link(this.invitation) : nothing}
      ${this.disabled ? ended(this.disabled) : nothing}
      <section class="box"><h2>${words.people}</h2>
        ${
          known.provider
            ? html`<p class="soft">${fill(words.byProvider, { provider: known.provider })}</p>`
            : nothing
        }
        ${this.search(known.people.length, known.total ?? 0)}
        ${table(
          words.whoMaySignIn,
          [words.person, words.state, words.groupsOfPeople, words.lastSeen, words.actions].map((label) => ({
            label,
          })),
          known.people.map((person) => this.row(person, known.you)),
        )}</section>
      ${this.form()}</div>`;
  }

  private row(person: Person, you: string): unknown[] {
    const groups = person.groups ? person.groups.join(", ") : words.unknown;
    return [
      html`<b>${person.display_name}</b><br><span class="soft">${person.user_id}${
        person.email ? html`<br>${person.email}` : nothing
      }</span>`,
      states(person).join(", "),
      groups || words.none,
      person.seen_at ? moment(person.seen_at) : words.never,
      html`<div class="actions">${this.actions(person, person.user_id === you)}</div>`,
    ];
  }

  private actions(person: Person, isOneself: boolean): TemplateResult[] {
    const { user_id, display_name: name, is_admin, disabled_at, has_password, kind } = person;
    const change = (action: string) => (): void => void this.change(action, user_id);
    const buttons: [string, () => void][] = [];
    if (kind === "account" && !disabled_at && !isOneself)
      buttons.push(
        has_password
          ? [words.resetPassword, () => void this.reset(person)]
          : [words.newLink, () => void this.invite("invite", { user_id })],
      );
    buttons.push(
      is_admin
        ? [words.takeAdmin, () => void this.takeAdmin(person)]
        : [words.giveAdmin, change("give-admin")],
    );
    if (!isOneself)
      buttons.push(
        disabled_at
          ? [words.enable, () => void this.end("enable", user_id)]
          : [words.disable, () => void this.disable(person)],
      );
    return buttons.map(
      ([label, press]) => html`<button type="button" class="quiet" aria-label=${`${label}: ${name}`}
        @click=${press}>${label}</button>`,
    );
  }

  private form(): TemplateResult {
    const submit = (event: SubmitEvent): void => {
      event.preventDefault();
      const form = event.target as HTMLFormElement;
      const given = Object.fromEntries(new FormData(form)) as Record<string, string>;
      const isAdmin = given["is_admin"] === "on";
      const wanted = { name: given["name"], shown: given["shown"], email: given["email"], is_admin: isAdmin };
      void this.invite("", wanted).then(() => this.invitation && form.reset());
    };
    const field = (name: string, label: string, most: number, required = false): TemplateResult =>
      html`<div class="field"><label for=${name}>${label}</label><input id=${name} name=${name}
        maxlength=${most} ?required=${required} autocomplete="off"></div>`;
    return html`<section class="box"><h2>${words.addPerson}</h2><form @submit=${submit} class="stack">
      <div class="row">${field("name", words.signInName, 100, true)}${field("shown", words.shownAs, 200)}
        ${field("email", words.email, 320)}</div>
      <label class="check"><input type="checkbox" name="is_admin"> ${words.administrator}</label>
      <div><button class="primary">${words.addAndLink}</button></div></form></section>`;
  }

  private search(shown: number, total: number): TemplateResult | typeof nothing {
    if (total <= shown && !this.query) return nothing;
    const submit = (event: SubmitEvent): void => {
      event.preventDefault();
      this.query = String(new FormData(event.target as HTMLFormElement).get("query") ?? "");
      void this.reload();
    };
    return html`<form class="row" role="search" @submit=${submit}><div class="field"><label for="query"
      >${words.findPerson}</label><input id="query" name="query" maxlength="200" autocomplete="off"></div>
      <button>${words.find}</button></form>
      ${total > shown ? html`<p class="soft">${fill(words.moreThanShown, { shown, total })}</p>` : nothing}`;
  }

  private link({ display_name: name, link, days }: Invitation): TemplateResult {
    const copy = async (): Promise<void> => {
      this.copied = await copyText(link);
      this.requestUpdate();
    };
    const done = (): void => {
      this.invitation = null;
      this.requestUpdate();
    };
    return html`<section class="good link"><div class="field"><label for="link"
      >${fill(words.linkFor, { name })}</label><input id="link" readonly .value=${link}
      @focus=${(event: Event) => (event.target as HTMLInputElement).select()}></div>
      <div class="note"><button type="button" class="primary" @click=${copy}>${words.copyLink}</button>
      <button type="button" @click=${done}>${words.done}</button>
      <span role="status">${this.copied ? words.copied : ""}</span></div>
      <p class="soft">${fill(days === 1 ? words.shownOnceDay : words.shownOnce, { days })}</p></section>`;
  }

  private async takeAdmin({ user_id, display_name: name }: Person): Promise<void> {
    if (await this.ask(fill(words.askTakeAdmin, { name }), words.takesAdmin, words.takeAdmin))
      await this.change("take-admin", user_id);
  }

  private async reset({ user_id, display_name: name }: Person): Promise<void> {
    if (await this.ask(fill(words.askReset, { name }), words.resets, words.resetPassword))
      await this.invite("reset", { user_id });
  }

  private async disable({ user_id, display_name: name }: Person): Promise<void> {
    if (await this.ask(fill(words.askDisable, { name }), words.disables, words.disable))
      await this.end("disable", user_id);
  }

  private change(action: string, user_id: string): Promise<void> {
    return this.changed((api) => api.person(action, { user_id }));
  }

  private end(action: string, user_id: string): Promise<void> {
    return this.changed(async (api) => {
      this.disabled = (await api.person(action, { user_id })) as Disabled;
    });
  }

  private async invite(action: string, wanted: object): Promise<void> {
    await this.changed(async (api) => {
      this.invitation = (await api.person(action, wanted)) as Invitation;
    });
    await this.updateComplete;
    if (this.invitation) this.renderRoot.querySelector<HTMLElement>("#link")?.focus();
  }

  // What was told before is over; the list is read again, as it is filtered.
  private async changed(work: Parameters<typeof this.act>[0]): Promise<void> {
    this.invitation = this.disabled = null;
    this.copied = false;
    await this.act(async (api) => {
      await work(api);
      this.known = await api.people(this.query);
    });
  }

  private reload(): Promise<void> {
    return this.act(async (api) => {
      this.known = await api.people(this.query);
    });
  }
}
