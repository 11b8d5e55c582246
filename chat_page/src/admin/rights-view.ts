// Groups, and who may do what in which collection.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { fill } from "../i18n/translation.ts";
import { ActingView } from "./acting-view.ts";
import { grouped } from "./parts.ts";
import { words } from "./strings.ts";
import type { CollectionRights, Grant, GroupOfPeople, RightsOfAll } from "./types.ts";

const RIGHTS = ["read", "add", "manage"] as const;
const KINDS = ["everyone", "group", "user"] as const;
const USUAL = ["nobody", "read", "add"] as const;

export class RightsView extends ActingView<RightsOfAll> {
  protected override render(): TemplateResult {
    const { known } = this;
    if (!known) return html``;
    return html`<div class="inner">
      ${this.told()}
      <section class="box"><h2>${words.groupsOfPeople}</h2>
        ${known.groups.groups.length ? nothing : html`<p class="soft">${words.noGroups}</p>`}
        ${known.groups.groups.map((group) => this.group(group))}
        ${this.groupForm("", [], words.newGroup)}</section>
      <section class="box"><h2>${words.collections}</h2>
        <div class="field"><label for="usual">${words.usual}</label>
          <select id="usual" ?disabled=${this.busy} @change=${(event: Event) =>
            void this.call("set_default_right", {
              everyone: (event.target as HTMLSelectElement).value,
            })}>${USUAL.map(
            (usual) => html`<option value=${usual} ?selected=${usual === known.rights.default}
                >${words.usuals[usual]}</option>`,
          )}</select></div>
        ${known.rights.collections.map((one) => this.collection(one))}</section></div>`;
  }

  private group({ name, members, members_by_claim }: GroupOfPeople): TemplateResult {
    const remove = async (): Promise<void> => {
      if (await this.ask(fill(words.askRemoveGroup, { name }), words.removesGroup, words.removeGroup))
        await this.call("delete_group", { name });
    };
    const claimed = members_by_claim.join(", ");
    return html`<div class="poor"><h3>${name}</h3>${this.groupForm(name, members, words.members)}
      ${claimed ? html`<p class="soft">${fill(words.byClaim, { names: claimed })}</p>` : nothing}
      <div><button type="button" class="quiet" ?disabled=${this.busy}
        aria-label=${`${words.removeGroup}: ${name}`} @click=${remove}
        >${words.removeGroup}</button></div></div>`;
  }

  private groupForm(name: string, members: string[], label: string): TemplateResult {
    const submit = (event: SubmitEvent): void => {
      event.preventDefault();
      const form = event.target as HTMLFormElement;
      const given = new FormData(form);
      const people = String(given.get("members") ?? "").split(/[,\n]/);
      const named = { name: name || String(given.get("name") ?? "").trim() };
      void this.call("set_group", { ...named, members: people.map((one) => one.trim()).filter(Boolean) });
      if (!name) form.reset();
    };
    return html`<form class="row" @submit=${submit}>
      ${
        name
          ? nothing
          : html`<div class="field"><label for="new-group">${label}</label><input id="new-group" name="name"
            required maxlength="100" autocomplete="off"></div>`
      }
      <div class="field"><label for=${`members-${name}`}>${words.members}</label>
        <input id=${`members-${name}`} name="members" autocomplete="off" .value=${members.join(", ")}></div>
      <button ?disabled=${this.busy}>${words.save}</button></form>`;
  }

  private collection({ collection, owner, documents, grants }: CollectionRights): TemplateResult {
    return html`<div class="poor"><h3>${collection}</h3>
      <p class="soft">${fill(words.documentsIn, { count: grouped(documents) })}
        ${owner ? fill(words.ownedBy, { name: owner }) : nothing}</p>
      ${grants.map((grant) => this.grant(collection, grant, owner !== null))}
      ${grants.length || owner ? nothing : html`<p class="soft">${words.nobodySees}</p>`}
      ${owner ? nothing : this.grantForm(collection)}</div>`;
  }

  private grant(collection: string, { kind, name, right }: Grant, fixed: boolean): TemplateResult {
    const whom = kind === "everyone" ? words.kinds.everyone : `${words.kinds[kind]} ${name}`;
    const take = (): void => void this.call("revoke_right", { collection, kind, name });
    return html`<div class="note"><span>${whom}: ${words.rights[right]}</span>
      ${
        fixed
          ? nothing
          : html`<button type="button" class="quiet" ?disabled=${this.busy}
            aria-label=${`${words.takeRight}: ${whom}, ${collection}`} @click=${take}
            >${words.takeRight}</button>`
      }</div>`;
  }

  private grantForm(collection: string): TemplateResult {
    const submit = (event: SubmitEvent): void => {
      event.preventDefault();
      const form = event.target as HTMLFormElement;
      const given = Object.fromEntries(new FormData(form)) as Record<string, string>;
      const name = given["kind"] === "everyone" ? "" : (given["name"] ?? "").trim();
      void this.call("grant_right", { collection, kind: given["kind"], right: given["right"], name });
    };
    return html`<form class="row" @submit=${submit} aria-label=${`${words.giveRight}: ${collection}`}>
      <div class="field"><select name="kind" aria-label=${words.whom}>
        ${KINDS.map((kind) => html`<option value=${kind}>${words.kinds[kind]}</option>`)}</select></div>
      <div class="field"><input name="name" aria-label=${words.whomNamed} placeholder=${words.whomNamed}
        autocomplete="off"></div>
      <div class="field"><select name="right" aria-label=${words.whichRight}>
        ${RIGHTS.map((right) => html`<option value=${right}>${words.rights[right]}</option>`)}</select></div>
      <button ?disabled=${this.busy}>${words.giveRight}</button></form>`;
  }
}
