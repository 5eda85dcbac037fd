# `make demo` and `make test` set up what they need, in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Without the packages' byte code, most of which nobody runs.
PIP := $(BIN)/python -m pip install --quiet --no-compile -c constraints.txt
READY := $(VENV)/.ready
INSTALLED := $(VENV)/.installed

.PHONY: demo test test-long mutants lint docs grammars clean

demo: $(READY)
	$(BIN)/python examples/demo.py

test: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 -m "not long"

test-long: $(INSTALLED)
	$(PIP) -e '.[ray]'
	$(BIN)/python -m pytest -n 2

mutants: $(INSTALLED)
	$(BIN)/python tests/kernel/mutants.py --minutes 30

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(INSTALLED)
	$(BIN)/specc render hasse -o docs/hasse.svg
	$(BIN)/python -m specc.render.formalism_pages .
	$(BIN)/python -m specc.explanations docs/diagnostics.md

grammars: $(INSTALLED)
	$(BIN)/python -m specc.syntax.grammar_tables

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(PIP) -e .
	touch $@

$(INSTALLED): $(READY)
	$(PIP) -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
