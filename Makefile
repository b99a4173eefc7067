# Two commands: `make demo` shows matinee at work, `make test` checks all of it.
PYTHON ?= python3
PYTHONS ?= 3.11 3.12 3.13
VENV ?= .venv
# Processes that share types and tests, a core each.
WORKERS ?= 2
BIN := $(VENV)/bin
PARALLEL = --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help demo test lint test-all format clean
.DELETE_ON_ERROR:

help:
	@echo "make demo      see matinee at work on MovieLens 100K"
	@echo "make test      format, lint, import rules, types and tests on one Python"
	@echo "make test-all  the same on Python $(PYTHONS), from the built wheel, with kill and soak tests"
	@echo "make format    format the code"
	@echo "make clean     remove environments and caches"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "matinee needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

# Stamps: an environment is made once, and again when what it is made from changes.
$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing matinee into $(VENV) (about a minute the first time) ..."
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing matinee and its development tools into $(VENV) ..."
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/installed

demo: $(VENV)/installed
	$(BIN)/matinee demo

test: lint
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report= --cov-fail-under=0
	@echo "Kernels once more without compilation, so that their lines can be counted ..."
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest $(PARALLEL) --cov --cov-append --cov-report=term tests/kernels

lint: $(VENV)/installed-dev
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy --num-workers $(WORKERS)

test-all: lint
	@for v in $(PYTHONS); do command -v python$$v >/dev/null || { echo "make test-all needs python$$v on the path; install it, or choose: make test-all PYTHONS='3.11 3.12'"; exit 1; }; done
	rm -rf dist && $(BIN)/python -m build --wheel --outdir dist
	@set -e; for v in $(PYTHONS); do \
	  echo "== Python $$v, from the built wheel"; \
	  rm -rf .venv-$$v; python$$v -m venv .venv-$$v; \
	  .venv-$$v/bin/python -m pip install --quiet --no-compile --constraint constraints.txt "$$(ls dist/*.whl)[dev]"; \
	  .venv-$$v/bin/python -m coverage erase; \
	  .venv-$$v/bin/python -m pytest $(PARALLEL) --cov --cov-report= --cov-fail-under=0; \
	  .venv-$$v/bin/python -m pytest -m slow --cov --cov-append --cov-report= --cov-fail-under=0; \
	  NUMBA_DISABLE_JIT=1 .venv-$$v/bin/python -m pytest $(PARALLEL) --cov --cov-append --cov-report=term tests/kernels; \
	done

format: $(VENV)/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .venv-3* dist build .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
