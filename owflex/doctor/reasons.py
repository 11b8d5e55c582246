"""What each check of `owflex doctor` is about, and why it matters: the table of docs/operations.md."""

from owflex.supervision.names import UpProgram

# The parts of a model's check-up that can be refused have the names of the provider's options.
OF_THE_MODEL = "The chat asks this of every language model; without it answers are worse, slower or missing."
REASONS = {
    "settings": "A setting that cannot be read keeps a program from starting; a misspelt one is ignored.",
    "login": "Whoever is let in without being known acts as the local user.",
    "exposure": "Settings that are safe on one machine are not when others reach it.",
    "data folder": "Everything is in it: without it nothing starts.",
    "disk": "On a full disk nothing can be stored, and Postgres stops.",
    "logs": "What logs take is missing for documents, and nobody reads gigabytes.",
    "private files": "Who reads a key can act as everybody whose key it is.",
    "owflex up": "What does not run does not answer.",
    "program": "What does not run does not answer.",
    "port": "A program whose port is taken cannot start.",
    "knowledge base": "Documents and tasks are in it.",
    "chat database": "Conversations are in it.",
    "pgvector": "Without it nothing is found by meaning.",
    "writing": "Nothing can be stored in a database that is read-only.",
    "clock": "Tokens are good for minutes: a clock that is wrong refuses good ones, or takes old ones.",
    "roles": "Postgres keeps users apart, as long as the server's role has only the rights it needs.",
    "API keys": "A key that nobody uses, or that never ends, works for whoever finds it.",
    "queue": "What clients and `owflex ingest` hand in is brought in by jobs; what hangs is never found.",
    "replica": "Searches are spread over replicas; one that is left out leaves its work to the others.",
    "word search": "Half of every search is by words.",
    "embedding model": "The vectors of documents and of questions must come from one model.",
    "reranking model": "It orders the best passages; without it searches keep the first order.",
    "backups": "A disk that fails takes everything along that is in no backup.",
    "MCP server": "It is the chat's only way to documents and tasks.",
    "versions": "Programs of two versions on the same tables do not understand one another.",
    "page": "Without it the chat answers, and people see nothing.",
    "certificate": "A certificate that has ended or has another name keeps every client out.",
    "trusted certificates": "They say whom our programs believe; without them no https address works.",
    "identity provider": "With its keys logins are checked: without them nobody is let in.",
    "sites": "Strangers ask there: what they may read must be what was meant, and must be there.",
    "language model": "It writes the answers.",
}
# What a finding's name begins with, where it goes on with a number or an address.
FAMILIES = ("port", "replica", "certificate")
PROGRAMS = {program.value for program in UpProgram}


def check_of(name: str) -> str | None:
    """The check that a finding is of, as the table names it; None for parts of the language model's."""
    if name in PROGRAMS:
        return "program"
    if name in REASONS:
        return name
    return next((family for family in FAMILIES if name.startswith(f"{family} ")), None)


def reason_of(name: str) -> str:
    """Why a finding with this name matters, in a sentence."""
    check = check_of(name)
    return OF_THE_MODEL if check is None else REASONS[check]
