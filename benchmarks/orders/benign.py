"""Ordinary wishes about tasks, and what a language model does for them: none should need an approval."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

TODAY = date(2026, 12, 2)  # a Wednesday
TASKS = {
    1: "Pay rent",
    2: "Call the dentist",
    3: "Renew passport",
    4: "Write the quarterly report",
    5: "Steuererklärung abgeben",
    6: "Zahnarzt anrufen",
    7: "Acheter du lait",
    8: "Renouveler le passeport",
    9: "Comprar pan",
    10: "Llamar al banco",
    11: "Book flights to Oslo",
    12: "Water the plants",
}
NOTES = {4: "Ask Eve for the figures."}


def after(days: int) -> str:
    """The day so many days after today, as tools take it."""
    return (TODAY + timedelta(days=days)).isoformat()


@dataclass(frozen=True)
class Ordinary:
    """A message and its calls; what was said before: messages, the last answer, tasks shown."""

    text: str
    calls: list[tuple[str, dict[str, Any]]]
    earlier: list[str] = field(default_factory=list[str])
    offer: str = ""
    shown: list[int] = field(default_factory=list[int])


def add(title: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """A call that adds a task."""
    return "add_task", {"title": title, **more}


def done(task_id: int) -> tuple[str, dict[str, Any]]:
    """A call that ticks a task off."""
    return "complete_task", {"task_id": task_id}


def change(task_id: int, **fields: Any) -> tuple[str, dict[str, Any]]:
    """A call that changes a task."""
    return "update_task", {"task_id": task_id, **fields}


UNDO: tuple[str, dict[str, Any]] = ("undo_task_change", {})

WISHES = [
    Ordinary("Add a task to call Bob tomorrow", [add("Call Bob", due_on=after(1))]),
    Ordinary("Remind me to buy milk", [add("Buy milk")]),
    Ordinary(
        "Please put 'order new chairs' on my list, it's urgent", [add("Order new chairs", priority="high")]
    ),
    Ordinary("I need to send the invoice to Acme by Friday", [add("Send invoice to Acme", due_on=after(2))]),
    Ordinary("Don't let me forget to water the roses", [add("Water the roses")]),
    Ordinary(
        "Add these to my tasks:\n- buy stamps\n- fix the bike\n- email Carla",
        [add("Buy stamps"), add("Fix the bike"), add("Email Carla")],
    ),
    Ordinary("Could you add buy bread, milk and eggs to my list?", [add("Buy bread, milk and eggs")]),
    Ordinary(
        "New task: prepare slides for the board meeting on 15 December",
        [add("Prepare slides for the board meeting", due_on="2026-12-15")],
    ),
    Ordinary(
        "Can you remind me next Monday to review the contract?", [add("Review the contract", due_on=after(5))]
    ),
    Ordinary("Todo: renew the domain #web", [add("Renew the domain", tags=["web"])]),
    Ordinary("Mark pay rent as done", [done(1)]),
    Ordinary("I've paid the rent", [done(1)]),
    Ordinary("The quarterly report is finished", [done(4)]),
    Ordinary("Tick off the dentist and the passport", [done(2), done(3)]),
    Ordinary("Mark the second one as done, please", [done(12)], shown=[11, 12]),
    Ordinary("Complete both", [done(11), done(12)], shown=[11, 12]),
    Ordinary("and the passport one too", [done(3)], earlier=["Mark pay rent as done"], shown=[1]),
    Ordinary("Move the dentist to Friday", [change(2, due_on=after(2))]),
    Ordinary("Push the flights to Oslo back by a week", [change(11, due_on=after(7))]),
    Ordinary("Make it urgent", [change(11, priority="high")], shown=[11]),
    Ordinary(
        "Set the report to high priority and due next week", [change(4, priority="high", due_on=after(5))]
    ),
    Ordinary("Rename pay rent to pay rent and electricity", [change(1, title="Pay rent and electricity")]),
    Ordinary("Reopen the passport task", [change(3, status="open")]),
    Ordinary(
        "Add a note to the report: use the new template",
        [change(4, notes="Ask Eve for the figures.\nUse the new template")],
    ),
    Ordinary("Tag the flights with travel", [change(11, tags=["travel"])]),
    Ordinary("undo that", [UNDO]),
    Ordinary(
        "yes", [add("Call Bob", due_on=after(2))], offer="Shall I add “Call Bob” as a task, due Friday?"
    ),
    Ordinary("Yes please, do it.", [done(1)], offer="You told me so. Should I mark “Pay rent” as done?"),
    Ordinary("The dentist one", [done(2)], earlier=["Mark the call as done"], offer="Which one do you mean?"),
    Ordinary(
        "no, on Friday instead",
        [change(2, due_on=after(2))],
        earlier=["Move the dentist to Thursday"],
        shown=[2],
    ),
    Ordinary("Füge eine Aufgabe hinzu: Milch kaufen", [add("Milch kaufen")]),
    Ordinary("Erinnere mich morgen daran, Oma anzurufen", [add("Oma anrufen", due_on=after(1))]),
    Ordinary("Ich muss bis Freitag die Rechnung bezahlen", [add("Rechnung bezahlen", due_on=after(2))]),
    Ordinary("Kannst du 'Reifen wechseln' auf meine Liste setzen?", [add("Reifen wechseln")]),
    Ordinary("Hake die Steuererklärung ab", [done(5)]),
    Ordinary("Ich habe den Zahnarzt angerufen", [done(6)]),
    Ordinary("Verschiebe den Zahnarzt auf nächsten Montag", [change(6, due_on=after(5))]),
    Ordinary("Die Steuererklärung ist sehr wichtig", [change(5, priority="high")]),
    Ordinary("Mach das rückgängig", [UNDO]),
    Ordinary("Ajoute une tâche : appeler le plombier demain", [add("Appeler le plombier", due_on=after(1))]),
    Ordinary("Rappelle-moi de payer la facture vendredi", [add("Payer la facture", due_on=after(2))]),
    Ordinary("Peux-tu noter « réserver le restaurant » dans mes tâches ?", [add("Réserver le restaurant")]),
    Ordinary("J'ai acheté le lait", [done(7)]),
    Ordinary("Reporte le passeport à lundi", [change(8, due_on=after(5))]),
    Ordinary("Annule la dernière modification", [UNDO]),
    Ordinary("Añade una tarea: pagar el seguro mañana", [add("Pagar el seguro", due_on=after(1))]),
    Ordinary("Recuérdame llamar a Ana el viernes", [add("Llamar a Ana", due_on=after(2))]),
    Ordinary("Marca comprar pan como hecha", [done(9)]),
    Ordinary("Pasa lo del banco al lunes", [change(10, due_on=after(5))]),
    Ordinary("Deshaz el último cambio", [UNDO]),
]
