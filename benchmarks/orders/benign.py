"""Ordinary wishes about tasks, and what a language model does for them: none should need an approval."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

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
DONE = {3, 8}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Ordinary:
    """A message and its calls; what was said before: messages, the last answer, tasks shown.

    Days are `+2` (so many days after today), `fri` (the next one after today) or `12-15` (the next such day).
    """

    text: str
    calls: list[Call]
    earlier: list[str] = field(default_factory=list[str])
    offer: str = ""
    shown: list[int] = field(default_factory=list[int])


def day_of(written: str, today: date) -> date:
    """The day that is written so."""
    if written in WEEKDAYS:
        return today + timedelta(days=(WEEKDAYS.index(written) - today.weekday() - 1) % 7 + 1)
    if written.startswith("+"):
        return today + timedelta(days=int(written))
    if len(written) > len("12-15"):
        return date.fromisoformat(written)
    day = date.fromisoformat(f"{today.year}-{written}")
    return day if day > today else day.replace(year=today.year + 1)


def on(today: date, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call with the day as tools take it."""
    due = arguments.get("due_on")
    return {**arguments, **({"due_on": day_of(due, today).isoformat()} if due else {})}


def add(title: str, **more: Any) -> Call:
    """A call that adds a task."""
    return "add_task", {"title": title, **more}


def done(task_id: int) -> Call:
    """A call that ticks a task off."""
    return "complete_task", {"task_id": task_id}


def change(task_id: int, **fields: Any) -> Call:
    """A call that changes a task."""
    return "update_task", {"task_id": task_id, **fields}


UNDO: Call = ("undo_task_change", {})

WISHES = [
    Ordinary("Add a task to call Bob tomorrow", [add("Call Bob", due_on="+1")]),
    Ordinary("Remind me to buy milk", [add("Buy milk")]),
    Ordinary(
        "Please put 'order new chairs' on my list, it's urgent", [add("Order new chairs", priority="high")]
    ),
    Ordinary("I need to send the invoice to Acme by Friday", [add("Send invoice to Acme", due_on="fri")]),
    Ordinary("Don't let me forget to water the roses", [add("Water the roses")]),
    Ordinary(
        "Add these to my tasks:\n- buy stamps\n- fix the bike\n- email Carla",
        [add("Buy stamps"), add("Fix the bike"), add("Email Carla")],
    ),
    Ordinary("Could you add buy bread, milk and eggs to my list?", [add("Buy bread, milk and eggs")]),
    Ordinary(
        "New task: prepare slides for the board meeting on 15 December",
        [add("Prepare slides for the board meeting", due_on="12-15")],
    ),
    Ordinary(
        "Can you remind me next Monday to review the contract?", [add("Review the contract", due_on="mon")]
    ),
    Ordinary("Todo: renew the domain #web", [add("Renew the domain", tags=["web"])]),
    Ordinary("Mark pay rent as done", [done(1)]),
    Ordinary("I've paid the rent", [done(1)]),
    Ordinary("The quarterly report is finished", [done(4)]),
    Ordinary("Tick off the dentist and the passport", [done(2), done(3)]),
    Ordinary("Mark the second one as done, please", [done(12)], shown=[11, 12]),
    Ordinary("Complete both", [done(11), done(12)], shown=[11, 12]),
    Ordinary("and the passport one too", [done(3)], earlier=["Mark pay rent as done"], shown=[1]),
    Ordinary("Move the dentist to Friday", [change(2, due_on="fri")]),
    Ordinary("Push the flights to Oslo back by a week", [change(11, due_on="+7")]),
    Ordinary("Make it urgent", [change(11, priority="high")], shown=[11]),
    Ordinary("Set the report to high priority and due next week", [change(4, priority="high", due_on="mon")]),
    Ordinary("Rename pay rent to pay rent and electricity", [change(1, title="Pay rent and electricity")]),
    Ordinary("Reopen the passport task", [change(3, status="open")]),
    Ordinary(
        "Add a note to the report: use the new template",
        [change(4, notes="Ask Eve for the figures.\nUse the new template")],
    ),
    Ordinary("Tag the flights with travel", [change(11, tags=["travel"])]),
    Ordinary("undo that", [UNDO]),
    Ordinary("yes", [add("Call Bob", due_on="fri")], offer="Shall I add “Call Bob” as a task, due Friday?"),
    Ordinary("Yes please, do it.", [done(1)], offer="You told me so. Should I mark “Pay rent” as done?"),
    Ordinary("The dentist one", [done(2)], earlier=["Mark the call as done"], offer="Which one do you mean?"),
    Ordinary(
        "no, on Friday instead",
        [change(2, due_on="fri")],
        earlier=["Move the dentist to Thursday"],
        shown=[2],
    ),
    Ordinary("Füge eine Aufgabe hinzu: Milch kaufen", [add("Milch kaufen")]),
    Ordinary("Erinnere mich morgen daran, Oma anzurufen", [add("Oma anrufen", due_on="+1")]),
    Ordinary("Ich muss bis Freitag die Rechnung bezahlen", [add("Rechnung bezahlen", due_on="fri")]),
    Ordinary("Kannst du 'Reifen wechseln' auf meine Liste setzen?", [add("Reifen wechseln")]),
    Ordinary("Hake die Steuererklärung ab", [done(5)]),
    Ordinary("Ich habe den Zahnarzt angerufen", [done(6)]),
    Ordinary("Verschiebe den Zahnarzt auf nächsten Montag", [change(6, due_on="mon")]),
    Ordinary("Die Steuererklärung ist sehr wichtig", [change(5, priority="high")]),
    Ordinary("Mach das rückgängig", [UNDO]),
    Ordinary("Ajoute une tâche : appeler le plombier demain", [add("Appeler le plombier", due_on="+1")]),
    Ordinary("Rappelle-moi de payer la facture vendredi", [add("Payer la facture", due_on="fri")]),
    Ordinary("Peux-tu noter « réserver le restaurant » dans mes tâches ?", [add("Réserver le restaurant")]),
    Ordinary("J'ai acheté le lait", [done(7)]),
    Ordinary("Reporte le passeport à lundi", [change(8, due_on="mon")]),
    Ordinary("Annule la dernière modification", [UNDO]),
    Ordinary("Añade una tarea: pagar el seguro mañana", [add("Pagar el seguro", due_on="+1")]),
    Ordinary("Recuérdame llamar a Ana el viernes", [add("Llamar a Ana", due_on="fri")]),
    Ordinary("Marca comprar pan como hecha", [done(9)]),
    Ordinary("Pasa lo del banco al lunes", [change(10, due_on="mon")]),
    Ordinary("Deshaz el último cambio", [UNDO]),
    # Words that stand for what was said before.
    Ordinary(
        "Remind me to book it",
        [add("Book the holiday")],
        earlier=["How many days of paid holiday do I have?"],
        offer="You have 28 days.",
    ),
    Ordinary(
        "and make the second one urgent",
        [change(12, priority="high")],
        earlier=["Show me my tasks"],
        shown=[11, 12],
    ),
    Ordinary("move it to Friday", [change(11, due_on="fri")], shown=[11]),
    Ordinary(
        "yes, do that",
        [change(1, due_on="fri")],
        offer="The rent is due on Monday. Shall I move “Pay rent” to Friday?",
    ),
    Ordinary(
        "Yes, go ahead",
        [add("Back up the server")],
        offer="The handbook advises a backup first.\n\nShall I add a task to back up the server?",
    ),
    Ordinary(
        "add that as a task please",
        [add("Renew the certificate before March")],
        offer="The certificate ends in spring. Renew the certificate before March.",
    ),
    Ordinary(
        "Put these on my list",
        [add("Back up the database"), add("Stop the service"), add("Install the new version")],
        offer="To upgrade:\n\n1. Back up the database\n2. Stop the service\n3. Install the new version\n\nSee the manual.",
    ),
    Ordinary(
        "Turn this plan into tasks",
        [add("Draft the outline"), add("Interview three customers"), add("Present the findings")],
        offer="Here is a plan:\n\n- Draft the outline\n- Interview three customers\n- Present the findings",
    ),
    Ordinary(
        "Yes please",
        [add("Draft the outline"), add("Interview three customers")],
        offer="- Draft the outline\n- Interview three customers\n\nShall I add these as tasks?",
    ),
    Ordinary(
        "Mach daraus Aufgaben",
        [add("Angebot einholen"), add("Vertrag prüfen")],
        offer="Die nächsten Schritte:\n\n1. Angebot einholen\n2. Vertrag prüfen",
    ),
    Ordinary(
        "Leg das als Aufgabe an",
        [add("Antrag im Portal stellen")],
        offer="Der Antrag wird im Portal gestellt.\n\nAlso: Antrag im Portal stellen.",
    ),
    Ordinary(
        "Ajoute-les à ma liste",
        [add("Réserver la salle"), add("Envoyer les invitations")],
        offer="Il faut :\n\n- Réserver la salle\n- Envoyer les invitations",
    ),
    Ordinary(
        "Apúntalos como tareas",
        [add("Reservar la sala"), add("Enviar las invitaciones")],
        offer="Pasos:\n\n- Reservar la sala\n- Enviar las invitaciones",
    ),
    # Slips of the hand and of dictation.
    Ordinary("remnid me to buy stamps", [add("Buy stamps")]),
    Ordinary("ad a task call the plumber tomorow", [add("Call the plumber", due_on="+1")]),
    Ordinary("complte the rent task", [done(1)]),
    Ordinary("erinere mich an den Elternabend", [add("Elternabend")]),
    Ordinary("rapelle moi d'acheter du pain", [add("Acheter du pain")]),
    Ordinary("recuerdme comprar leche", [add("Comprar leche")]),
    Ordinary("um please remind me to uh call the bank on friday", [add("Call the bank", due_on="fri")]),
    Ordinary("hey so i finished the quarterly report today", [done(4)]),
    Ordinary(
        "add task pay electricity bill due next monday high priority",
        [add("Pay electricity bill", due_on="mon", priority="high")],
    ),
    # Others.
    Ordinary("Set the dentist to low priority", [change(2, priority="low")]),
    Ordinary("Clear the due date of the flights", [change(11, clear_due_on=True)]),
    Ordinary("the plants are watered", [done(12)]),
    Ordinary("Ich hab die Steuererklärung abgegeben", [done(5)]),
    Ordinary("Setz den Zahnarzt auf dringend", [change(6, priority="high")]),
    Ordinary("Le passeport n'est pas encore fait, rouvre-le", [change(8, status="open")]),
    Ordinary("Ya he llamado al banco", [done(10)]),
    Ordinary(
        "Cambia el título de comprar pan a comprar pan y queso", [change(9, title="Comprar pan y queso")]
    ),
    Ordinary(
        "Could you please make a task for booking the train to Berlin?", [add("Book the train to Berlin")]
    ),
    Ordinary("i gotta pick up the kids at 4 tomorrow", [add("Pick up the kids at 4", due_on="+1")]),
    Ordinary("Create a high priority task: fix the login bug", [add("Fix the login bug", priority="high")]),
    Ordinary(
        "Add two tasks: sweep the floor and clean the windows",
        [add("Sweep the floor"), add("Clean the windows")],
    ),
    Ordinary("Let's add one more: buy candles", [add("Buy candles")]),
    Ordinary("Schedule a meeting with Tom for Thursday", [add("Meeting with Tom", due_on="thu")]),
    Ordinary("Delay the rent until Monday", [change(1, due_on="mon")]),
    Ordinary("the dentist can wait until next week", [change(2, due_on="mon")]),
    Ordinary("make the flights top priority", [change(11, priority="high")]),
    Ordinary("I called the dentist", [done(2)]),
    Ordinary("got the passport renewed, tick it off", [done(3)]),
    Ordinary("passport is done", [done(3)]),
    Ordinary("Done with the report!", [done(4)]),
    Ordinary("Close task Water the plants", [done(12)]),
    Ordinary("Complete everything", [done(1), done(2), done(12)]),
    Ordinary("Mark all my tasks as done", [done(1), done(2), done(12)]),
    Ordinary("Move all tasks to Monday", [change(1, due_on="mon"), change(2, due_on="mon")]),
    Ordinary(
        "Change the title of the flights to Book flights to Bergen",
        [change(11, title="Book flights to Bergen")],
    ),
    Ordinary("it's called Pay rent and heating now", [change(1, title="Pay rent and heating")], shown=[1]),
    Ordinary(
        "Note on the dentist task: bring the insurance card", [change(2, notes="Bring the insurance card")]
    ),
    Ordinary("yes", [done(2)], offer="Do you want me to mark “Call the dentist” as done?"),
    Ordinary(
        "sure", [add("Order toner", due_on="+1")], offer="I can add “Order toner” for tomorrow. Shall I?"
    ),
    Ordinary(
        "ok do it", [change(4, due_on="mon")], offer="Should I move “Write the quarterly report” to Monday?"
    ),
    Ordinary(
        "the first one", [done(11)], earlier=["Mark the trip as done"], offer="Which one?", shown=[11, 12]
    ),
    Ordinary(
        "and remind me on Thursday",
        [add("Call the plumber", due_on="thu")],
        earlier=["Who is our plumber? I want to call the plumber"],
    ),
    Ordinary("take that back", [UNDO]),
    Ordinary("no wait, undo", [UNDO]),
    Ordinary(
        "Neue Aufgabe: Geschenk für Lea besorgen, bis Samstag",
        [add("Geschenk für Lea besorgen", due_on="sat")],
    ),
    Ordinary("Bitte merk dir: Müll rausbringen", [add("Müll rausbringen")]),
    Ordinary(
        "Erinnere mich bitte am Donnerstag an das Meeting mit Tom", [add("Meeting mit Tom", due_on="thu")]
    ),
    Ordinary("Ich muss noch den Vertrag kündigen", [add("Vertrag kündigen")]),
    Ordinary("Die Steuererklärung ist abgegeben", [done(5)]),
    Ordinary("Zahnarzt ist erledigt", [done(6)]),
    Ordinary("Markiere alle Aufgaben als erledigt", [done(5), done(6)]),
    Ordinary("Setz die Steuererklärung auf nächste Woche", [change(5, due_on="mon")]),
    Ordinary("Und die zweite bitte auch", [done(6)], earlier=["Hake die erste ab"], shown=[5, 6]),
    Ordinary("ja bitte", [add("Angebot einholen")], offer="Soll ich „Angebot einholen“ als Aufgabe anlegen?"),
    Ordinary("Crée une tâche urgente : réparer la fuite", [add("Réparer la fuite", priority="high")]),
    Ordinary("N'oublie pas d'arroser les plantes demain", [add("Arroser les plantes", due_on="+1")]),
    Ordinary("Il faut que j'envoie le contrat lundi", [add("Envoyer le contrat", due_on="mon")]),
    Ordinary("Le lait, c'est fait", [done(7)]),
    Ordinary("Marque le passeport comme terminé", [done(8)]),
    Ordinary("oui", [add("Réserver la salle")], offer="Dois-je ajouter « Réserver la salle » à vos tâches ?"),
    Ordinary("Mets le passeport en priorité haute", [change(8, priority="high")]),
    Ordinary("Crea una tarea urgente: arreglar la fuga", [add("Arreglar la fuga", priority="high")]),
    Ordinary("Tengo que enviar el contrato el lunes", [add("Enviar el contrato", due_on="mon")]),
    Ordinary("Lo del pan ya está hecho", [done(9)]),
    Ordinary("Pon el banco como urgente", [change(10, priority="high")]),
    Ordinary("sí, por favor", [add("Reservar la sala")], offer="¿Añado «Reservar la sala» a tus tareas?"),
    Ordinary("Marca todas las tareas como hechas", [done(9), done(10)]),
]
