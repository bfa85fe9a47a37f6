# Everything one does with a checkout. `make help` lists it; needs Python 3.11 or newer and make.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV := .venv
BIN := $(VENV)/bin
UV ?= $(shell command -v uv || echo $(BIN)/uv)
PYTEST_ARGS ?= -n auto --dist loadfile --no-loadscope-reorder
CODE := agent collectors tui tests
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-annotate pyproject.toml --extra all

# Without bytecode every worker and every process that a test starts would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check check-rules check-mypy check-pyright bench docs fmt lock

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/run.stamp  ## a local estate of emulated gateways: the UI on a terminal, the ledger elsewhere
	$(BIN)/apiscape demo

test: $(VENV)/test.stamp  ## the whole test suite
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: check-rules check-mypy check-pyright  ## lint, format, types, import rules, dependencies

check-rules: $(VENV)/test.stamp
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry agent collectors tui

check-mypy: $(VENV)/test.stamp
	$(BIN)/mypy

check-pyright: $(VENV)/test.stamp
	$(BIN)/pyright --pythonpath $(BIN)/python

bench: $(VENV)/bench.stamp  ## measure, as ratios against a yardstick on the same machine
	$(BIN)/python -m tests.bench

docs: $(VENV)/test.stamp  ## write the generated reference pages
	$(BIN)/python -m tests.tools.reference

fmt: $(VENV)/test.stamp  ## format, and repair what lint can
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

lock:  ## pin every requirement by hash again (needs uv)
	$(LOCK) requirements/run.in --output-file requirements/run.txt
	$(LOCK) requirements/run.in requirements/test.in --constraints requirements/run.txt --output-file requirements/test.txt
	$(LOCK) requirements/run.in requirements/test.in requirements/bench.in --constraints requirements/test.txt \
		--output-file requirements/bench.txt

# One environment at the root. A stamp says which requirements it holds, so that a second run is instant. What runs is
# compiled with it, so that its first start is as fast as any; what only tests import is when they do: most of it never is.
# An environment without pip is one that was not made to its end (Debian's python3 without python3-venv): it is made again.
$(VENV)/%.stamp: requirements/%.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "apiscape needs Python 3.11 or newer; say which: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(filter run,$*),,--no-compile) --require-hashes --requirement $<
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(if $(filter run,$*),$(BIN)/python -m compileall -q $(filter-out tests,$(CODE)))
	@touch $@
