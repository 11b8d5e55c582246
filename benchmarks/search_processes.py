"""The systems that `search_peers.py` compares, each in a process of its own, asked line by line."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

HERE = Path(__file__).parent
OWN, PEER = "own", "peer"


@dataclass(frozen=True)
class Candidate:
    """A system: whose environment it runs in, its program, and the database that some share."""

    name: str
    environment: str
    program: Sequence[str]
    database: str | None = None
    # What it returns is compared with the nearest vectors; a hybrid search orders by words as well.
    by_vectors: bool = True
    is_limit: bool = False


SYSTEMS = (
    Candidate("OwFlex hybrid", OWN, ("search_owflex.py", "hybrid"), "owflex", by_vectors=False),
    Candidate("OwFlex vector", OWN, ("search_owflex.py", "vector"), "owflex"),
    Candidate("OwFlex hybrid over MCP", OWN, ("search_mcp.py", "owflex"), "owflex", by_vectors=False),
    Candidate("LangChain, no index", PEER, ("search_systems.py", "langchain"), "langchain"),
    Candidate("LangChain, HNSW", PEER, ("search_systems.py", "langchain-hnsw"), "langchain_hnsw"),
    Candidate("LlamaIndex, no index", PEER, ("search_systems.py", "llama-index"), "llama_index"),
    Candidate("LlamaIndex, HNSW", PEER, ("search_systems.py", "llama-index-hnsw"), "llama_index_hnsw"),
    Candidate("mcp-server-qdrant over MCP", PEER, ("search_mcp.py", "qdrant")),
    Candidate("usearch in memory", PEER, ("search_systems.py", "usearch"), is_limit=True),
    Candidate("exact in memory", OWN, ("search_systems.py", "exact"), is_limit=True),
)


class Running:
    """A system's process, which answers one line to each line."""

    def __init__(self, candidate: Candidate, given: Path, url: str, peers_python: str) -> None:
        self.candidate = candidate
        self.filters, self.setup, self.skipped = False, dict[str, float](), None
        if candidate.environment == PEER and not Path(peers_python).exists():
            self.skipped = "there is no environment for the peers: run make .venv-benchmarks/.installed"
            return
        script, *arguments = candidate.program
        is_driven = script == "search_mcp.py" and candidate.environment == PEER
        python = peers_python if candidate.environment == PEER and not is_driven else sys.executable
        self._process = subprocess.Popen(
            [python, str(HERE / script), *arguments, str(given), peers_python if is_driven else url],
            # Threads of a matrix product wait for each other where others compute too.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"} if candidate.is_limit else None,
            stdin=PIPE,
            stdout=PIPE,
            text=True,
        )
        self._take_first_answer()

    def ask(self, order: dict[str, Any]) -> Any:
        """What it answers."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        """Let it end by itself, with its input."""
        if not self.skipped:
            self._process.communicate()

    def _take_first_answer(self) -> None:
        answer = self._answer()
        self.skipped = answer.get("skipped")
        if self.skipped:
            self._process.communicate()
        else:
            self.filters, self.setup = answer["filters"], answer["setup"]

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit(f"{self.candidate.name} ended with exit code {self._process.wait()}.")
