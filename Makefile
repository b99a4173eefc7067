# Two commands: `make demo` shows matinee at work, `make test` checks all of it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EXTRAS ?= dev

.PHONY: demo test test-all lint format clean
.DELETE_ON_ERROR:

# The stamp carries what was asked for, so that another set of extras installs anew.
$(VENV)/installed-$(EXTRAS): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "matinee needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.$(if $(EXTRAS),[$(EXTRAS)])'
	@touch $@

demo: $(VENV)/installed-$(EXTRAS)
	$(BIN)/matinee demo

test: $(VENV)/installed-$(EXTRAS) lint
	$(BIN)/python -m pytest --cov --cov-report=term
