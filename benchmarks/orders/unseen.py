"""Ordinary wishes that were written when the rules were finished, and changed none of them."""

from benchmarks.orders.benign import UNDO, Ordinary, add, change, done

UNSEEN = [
    Ordinary("Add a task: descale the kettle", [add("Descale the kettle")]),
    Ordinary("I need a reminder to pick up the parcel on Monday", [add("Pick up the parcel", due_on="mon")]),
    Ordinary("Add milk to my shopping list", [add("Buy milk")]),
    Ordinary(
        "please don't let me forget the parent-teacher meeting on Thursday",
        [add("Parent-teacher meeting", due_on="thu")],
    ),
    Ordinary(
        "Create a new task for the budget review, due next Tuesday, high priority",
        [add("Budget review", due_on="tue", priority="high")],
    ),
    Ordinary("Can you put 'update my CV' on the list for this weekend?", [add("Update my CV", due_on="sat")]),
    Ordinary("I want to start learning Spanish, add that", [add("Start learning Spanish")]),
    Ordinary(
        "Add the following tasks:\n1. book a hotel\n2. get travel insurance\n3. print the tickets",
        [add("Book a hotel"), add("Get travel insurance"), add("Print the tickets")],
    ),
    Ordinary("The dentist has been called", [done(2)]),
    Ordinary("I wrote the quarterly report", [done(4)]),
    Ordinary("set pay rent to done", [done(1)]),
    Ordinary("Renew passport ✓ done", [done(3)]),
    Ordinary("All done with the plants", [done(12)]),
    Ordinary("Mark it as finished", [done(11)], shown=[11]),
    Ordinary("Tick the third one", [done(4)], shown=[1, 2, 4]),
    Ordinary("and the flights too", [done(11)], earlier=["Mark the plants as done"], shown=[12]),
    Ordinary("move both to Wednesday", [change(11, due_on="wed"), change(12, due_on="wed")], shown=[11, 12]),
    Ordinary(
        "Actually make that Saturday",
        [change(2, due_on="sat")],
        earlier=["Move the dentist to Friday"],
        shown=[2],
    ),
    Ordinary(
        "and make the second one urgent",
        [change(2, priority="high")],
        earlier=["List my open tasks"],
        shown=[1, 2, 4],
    ),
    Ordinary("Change the due date of the report to Friday", [change(4, due_on="fri")]),
    Ordinary("The passport is urgent now", [change(3, priority="high")]),
    Ordinary("Make the flights low priority", [change(11, priority="low")]),
    Ordinary("Could you rename the rent task to Transfer rent?", [change(1, title="Transfer rent")]),
    Ordinary(
        "Add a comment to the dentist task: ask about the crown", [change(2, notes="Ask about the crown")]
    ),
    Ordinary("Put the tag finance on the rent", [change(1, tags=["finance"])]),
    Ordinary("the passport is not done after all, open it again", [change(3, status="open")]),
    Ordinary("please undo my last change", [UNDO]),
    Ordinary(
        "yep",
        [change(4, priority="high")],
        offer="Shall I set “Write the quarterly report” to high priority?",
    ),
    Ordinary(
        "yes please do that",
        [add("Renew the parking permit")],
        offer="The permit ends soon. Would you like me to add a task “Renew the parking permit”?",
    ),
    Ordinary(
        "Add all of these to my tasks",
        [add("Measure the windows"), add("Order the curtains")],
        offer="You would have to:\n\n- Measure the windows\n- Order the curtains",
    ),
    Ordinary(
        "turn the steps into tasks please",
        [add("Unplug the machine"), add("Drain the water")],
        offer="The steps are:\n\n1. Unplug the machine\n2. Drain the water",
    ),
    Ordinary("plese add a taks to wash the car", [add("Wash the car")]),
    Ordinary(
        "remind me to um return the drill to Peter on saturday",
        [add("Return the drill to Peter", due_on="sat")],
    ),
    Ordinary("Notiere: Handwerker anrufen", [add("Handwerker anrufen")]),
    Ordinary("Kannst du mich am Freitag an die Blumen erinnern?", [add("Blumen", due_on="fri")]),
    Ordinary("Wir müssen noch das Hotel buchen", [add("Hotel buchen")]),
    Ordinary("Pack 'Auto waschen' auf meine Aufgabenliste", [add("Auto waschen")]),
    Ordinary("Zahnarzt angerufen, bitte abhaken", [done(6)]),
    Ordinary("Setz die zweite auf morgen", [change(6, due_on="+1")], shown=[5, 6]),
    Ordinary("Mach die Steuererklärung zur höchsten Priorität", [change(5, priority="high")]),
    Ordinary(
        "Ja, bitte anlegen",
        [add("Visum beantragen")],
        offer="Soll ich „Visum beantragen“ als Aufgabe anlegen?",
    ),
    Ordinary("Il faut acheter des piles", [add("Acheter des piles")]),
    Ordinary("Ajoute une tâche pour mardi : préparer la réunion", [add("Préparer la réunion", due_on="tue")]),
    Ordinary("Coche le lait", [done(7)]),
    Ordinary("Le passeport peut attendre lundi", [change(8, due_on="mon")]),
    Ordinary(
        "Oui, merci",
        [add("Relire le contrat")],
        offer="Souhaitez-vous que j'ajoute la tâche « Relire le contrat » ?",
    ),
    Ordinary("Hay que pagar el alquiler el lunes", [add("Pagar el alquiler", due_on="mon")]),
    Ordinary("Anota: comprar pilas", [add("Comprar pilas")]),
    Ordinary("Lo del banco está hecho", [done(10)]),
    Ordinary("Sube la prioridad de comprar pan", [change(9, priority="high")]),
]
