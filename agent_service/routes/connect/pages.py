"""The pages as HTML: they need no script, and everything that comes from elsewhere is escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit

from agent_service.context import LOCAL_USER
from agent_service.i18n.catalog import FALLBACK, language_of, load_catalogues, say, written_day
from database.process import is_loopback

SCOPES = ("kb:read", "kb:write", "tasks")
CHANGES_DOCUMENTS = "kb:write"
DOCUMENT_SCOPES = frozenset({"kb:read", CHANGES_DOCUMENTS})


@dataclass(frozen=True)
class Answered:
    """What was ticked: shown again when it was not enough. `collections` None: all."""

    scopes: Sequence[str]
    collections: Sequence[str] | None = None


@dataclass(frozen=True)
class ConnectPages:
    """The pages in one language, for one user."""

    locale: str
    user_id: str = LOCAL_USER

    def consent(
        self,
        secret: str,
        request: Mapping[str, Any],
        collections: Sequence[str],
        again: Answered | None = None,
    ) -> str:
        """A client that asks to be let in; `again`: what was chosen before was not enough."""
        name = str(request["client_name"])
        # Changing documents is ticked by whoever wants it.
        unless_told = [scope for scope in request["scopes"] if scope != CHANGES_DOCUMENTS]
        chosen = again or Answered(unless_told or request["scopes"])
        alert = f'<p class="bad" role="alert">{self._said("connect.choose")}</p>' if again else ""
        content = (
            f"<h1>{self._said('connect.question', name=name)}</h1>"
            f"<p>{self._said('connect.intro')}</p>{alert}<dl>{self._facts(name, request)}</dl>"
            f'<form method="post" action="connect">{_hidden("request", secret)}'
            f"{self._scopes(request['scopes'], chosen)}{self._collections(request, collections, chosen)}"
            f'<p class="note">{self._said("connect.later")}</p><div class="answers">'
            f"{self._button('approve', 'connect.approve', 'main')}{self._button('refuse', 'connect.refuse')}"
            "</div></form>"
        )
        return self._page("connect.title", content)

    def clients(self, clients: Sequence[Mapping[str, Any]], *, is_one_gone: bool) -> str:
        """The clients that the user has let in."""
        gone = f'<p class="good" role="status">{self._said("connect.disconnected")}</p>'
        listed = f"<ul>{''.join(map(self._client, clients))}</ul>"
        none = f"<p>{self._said('connect.none')}</p>"
        intro = f"<p>{self._said('connect.clients_intro')}</p>{listed}"
        content = f"<h1>{self._said('connect.clients')}</h1>{gone if is_one_gone else ''}"
        return self._page("connect.clients", f"{content}{intro if clients else none}{self._way_back()}")

    def problem(self, sentence: str) -> str:
        """Why nothing was done."""
        head = f"<h1>{self._said('connect.problem')}</h1>"
        return self._page(
            "connect.problem", f'{head}<p role="alert">{escape(sentence)}</p>{self._way_back()}'
        )

    def _page(self, title_key: str, content: str) -> str:
        language = language_of(self.locale)
        language = language if language in load_catalogues() else FALLBACK
        return (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{self._said(title_key)} – OwFlex</title>"
            '<link rel="icon" href="static/icon.svg" type="image/svg+xml">'
            '<link rel="stylesheet" href="static/connect.css"></head>'
            '<body><main><p class="brand">'
            '<img src="static/icon.svg" alt="" width="24" height="24">OwFlex</p>'
            f"{content}</main></body></html>"
        )

    def _facts(self, name: str, request: Mapping[str, Any]) -> str:
        leads_to = str(request["redirect_host"])
        uri = urlsplit(str(request["redirect_uri"]))
        if uri.scheme == "http" and is_loopback(uri.hostname or ""):
            leads_to = f"{say(self.locale, 'connect.this_machine')} ({leads_to})"
        facts = _fact(
            self._said("connect.name"),
            f"<strong>{escape(name)}</strong><br><small>{self._said('connect.unchecked')}</small>",
        )
        facts += _fact(self._said("connect.leads_to"), f"<strong>{escape(leads_to)}</strong>")
        if str(request["client_id"]).startswith("https://"):
            facts += _fact(self._said("connect.described_at"), escape(str(request["client_id"])))
        if self.user_id != LOCAL_USER:
            facts += _fact(
                self._said("connect.signed_in"), escape(self.user_id.partition(":")[2] or self.user_id)
            )
        return facts

    def _scopes(self, asked: Sequence[str], chosen: Answered) -> str:
        boxes = (
            _tick("checkbox", "scope", scope, self._scope(scope), is_on=scope in chosen.scopes)
            for scope in SCOPES
            if scope in asked
        )
        return f"<fieldset><legend>{self._said('connect.may')}</legend>{''.join(boxes)}</fieldset>"

    def _collections(self, request: Mapping[str, Any], names: Sequence[str], chosen: Answered) -> str:
        if not names or DOCUMENT_SCOPES.isdisjoint(request["scopes"]):
            return ""
        some = chosen.collections is not None
        boxes = "".join(
            _tick("checkbox", "collection", name, escape(name), is_on=name in (chosen.collections or ()))
            for name in names
        )
        return (
            f"<fieldset><legend>{self._said('connect.collections')}</legend>"
            f"{_tick('radio', 'which', 'all', self._said('connect.all'), is_on=not some)}"
            f"{_tick('radio', 'which', 'some', self._said('connect.only'), is_on=some)}"
            f'<div class="inner">{boxes}</div></fieldset>'
        )

    def _client(self, client: Mapping[str, Any]) -> str:
        name = str(client["client_name"])
        opened = client["collections"]
        used = client["last_used_at"]
        facts = (
            ("connect.leads_to", escape(str(client["redirect_host"]))),
            ("connect.may", "<br>".join(self._scope(scope) for scope in client["scopes"])),
            (
                "connect.collections",
                self._said("connect.all") if opened is None else escape(", ".join(opened)),
            ),
            ("connect.since", self._day(client["created_at"])),
            ("connect.last_used", self._said("connect.never") if used is None else self._day(used)),
        )
        label = self._said("connect.disconnect_named", name=name)
        listed = "".join(_fact(self._said(key), what) for key, what in facts)
        return (
            f"<li><h2>{escape(name)}</h2><dl>{listed}</dl>"
            f'<form method="post" action="connections">'
            f"{_hidden('connection_id', str(client['connection_id']))}"
            f'<button aria-label="{label}">{self._said("connect.disconnect")}</button></form></li>'
        )

    def _scope(self, scope: str) -> str:
        return self._said(f"connect.scope.{scope.replace(':', '_')}")

    def _day(self, moment: str) -> str:
        return escape(written_day(self.locale, datetime.fromisoformat(moment).date()))

    def _button(self, answer: str, key: str, kind: str = "") -> str:
        look = f' class="{kind}"' if kind else ""
        return f'<button name="answer" value="{answer}"{look}>{self._said(key)}</button>'

    def _way_back(self) -> str:
        return f'<p><a href="./">{self._said("connect.back")}</a></p>'

    def _said(self, key: str, **values: object) -> str:
        return escape(say(self.locale, key, **values))


def _fact(term: str, what: str) -> str:
    return f"<div><dt>{term}</dt><dd>{what}</dd></div>"


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _tick(kind: str, name: str, value: str, label: str, *, is_on: bool) -> str:
    on = " checked" if is_on else ""
    box = f'<input type="{kind}" name="{name}" value="{escape(value)}"{on}>'
    return f'<label class="tick">{box}<span>{label}</span></label>'
