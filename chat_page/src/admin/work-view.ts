// The keys of programs, the clients that people have let in, and the jobs of ingestion.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { fill } from "../i18n/translation.ts";
import { ActingView } from "./acting-view.ts";
import { grouped, moment, table } from "./parts.ts";
import { words } from "./strings.ts";
import type { ApiKey, ConnectedClient, Work } from "./types.ts";

const columns = (...labels: string[]): { label: string }[] => labels.map((label) => ({ label }));
const at = (moment_: string | null): string => (moment_ ? moment(moment_) : words.never);

export class WorkView extends ActingView<Work> {
  protected override render(): TemplateResult {
    if (!this.known) return html``;
    const { keys, clients, ingestion } = this.known;
    const none = (text: string): TemplateResult => html`<p class="soft">${text}</p>`;
    const more = clients.total - clients.clients.length;
    return html`<div class="inner">${this.told()}
      <section class="box"><h2>${words.keys}</h2>
        ${keys.keys.length ? this.keysOf(keys.keys) : none(words.noKeys)}</section>
      <section class="box"><h2>${words.clients}</h2>
        ${clients.total ? this.clientsOf(clients.clients) : none(words.noClients)}
        ${more > 0 ? none(fill(words.moreClients, { count: more })) : nothing}</section>
      <section class="box"><h2>${words.uploads}</h2>
        ${ingestion.uploads.length ? uploadsOf(ingestion) : none(words.noUploads)}</section>
      <section class="box"><h2>${words.origins}</h2>
        ${ingestion.origins.length ? originsOf(ingestion) : none(words.noOrigins)}</section></div>`;
  }

  private keysOf(keys: ApiKey[]): TemplateResult {
    const rows = keys.map((key) => [
      key.name,
      key.user_id,
      key.scopes.join(", "),
      key.collections?.join(", ") ?? words.allCollections,
      at(key.last_used_at),
      key.revoked_at
        ? words.revoked
        : html`${key.is_shut_out ? html`${words.shutOut}<br>` : nothing}<button
          type="button" class="quiet" aria-label=${`${words.revoke}: ${key.name}`}
          @click=${() => void this.revoke(key)}>${words.revoke}</button>`,
    ]);
    const names = columns(words.name, words.person, words.scopes, words.collections, words.last, words.state);
    return table(words.keys, names, rows);
  }

  private clientsOf(clients: ConnectedClient[]): TemplateResult {
    const rows = clients.map((client) => [
      html`${client.client_name}<br><span class="soft">${client.redirect_host}</span>`,
      client.user_id,
      client.scopes.join(", "),
      client.collections?.join(", ") ?? words.allCollections,
      at(client.last_used_at),
      html`${client.is_shut_out ? html`${words.shutOut}<br>` : nothing}<button
        type="button" class="quiet" aria-label=${`${words.disconnect}: ${client.client_name}`}
        @click=${() => void this.disconnect(client)}>${words.disconnect}</button>`,
    ]);
    const names = columns(
      words.client,
      words.person,
      words.scopes,
      words.collections,
      words.last,
      words.actions,
    );
    return table(words.clients, names, rows);
  }

  private async revoke({ key_id, name, user_id }: ApiKey): Promise<void> {
    if (await this.ask(fill(words.askRevoke, { name, person: user_id }), words.revokes, words.revoke))
      await this.call("revoke_api_key", { key_id });
  }

  private async disconnect({ connection_id, client_name, user_id }: ConnectedClient): Promise<void> {
    const title = fill(words.askDisconnect, { name: client_name, person: user_id });
    if (await this.ask(title, words.disconnects, words.disconnect))
      await this.call("disconnect_client_of_person", { connection_id });
  }
}

function uploadsOf({ uploads }: Work["ingestion"]): TemplateResult {
  const rows = uploads.map((one) => [
    one.name ?? words.private_,
    one.collection,
    one.user_id,
    html`${one.status}${one.reason ? html`<br><span class="soft">${one.reason}</span>` : nothing}`,
    moment(one.created_at),
  ]);
  return table(
    words.uploads,
    columns(words.name, words.collection, words.person, words.state, words.when),
    rows,
  );
}

function originsOf({ origins }: Work["ingestion"]): TemplateResult {
  const rows = origins.map((one) => [
    one.name,
    one.collection,
    at(one.synced_at),
    grouped(one.documents),
    grouped(one.problems),
  ]);
  const names = columns(words.name, words.collection, words.synced, words.documents, words.problems);
  return table(words.origins, names, rows);
}
