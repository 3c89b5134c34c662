# make chat   sets everything up and opens the chat        make test   sets everything up and runs the tests
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install models chat test lint eval bench

install: .venv/installed

# llama.cpp is built with this machine's own instructions; what seedbound does not use of it is left out.
.venv/installed: pyproject.toml .ci/llama.cmake
	@$(PYTHON) -c 'import sys; sys.exit("seedbound needs Python 3.11 or newer; this is %d.%d. Run: make PYTHON=python3.11 ..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet torch==2.13.0
	CMAKE_ARGS="-DLLAVA_BUILD=OFF -DCMAKE_PROJECT_INCLUDE=$(CURDIR)/.ci/llama.cmake $(CMAKE_ARGS)" \
		$(BIN)/pip install --quiet --editable . --group test
	@touch $@

models: install
	$(BIN)/rag models pull

chat: models
	@$(BIN)/rag list --json | grep -q '"id"' || $(BIN)/rag ingest
	$(BIN)/rag chat

test: install
	$(BIN)/rag models pull --all
	$(BIN)/python -m pytest

lint: install
	$(BIN)/pip install --quiet --group lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The gold questions over the seeds. EVAL takes options, e.g.: make eval EVAL="--sample 20 --fail-worse --compare RUN"
eval: models
	$(BIN)/rag eval tests/gold/seeds.jsonl --docs seeds $(EVAL)

bench: models
	$(BIN)/python -m tests.benchmarks.evaluation
