# `make run` needs Python 3.11 or newer, make and git, and nothing else. PYTHON=… picks the interpreter.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
BIN := .venv/bin
WORKERS ?= 3
DEMO := $(CURDIR)/.demo

.PHONY: run demo test test-postgresql bench lint types lock translations clean
.DEFAULT_GOAL := run

run: .venv/.installed
	@exec $(BIN)/python app.py

demo: .venv/.installed
	@STATUSPAGE_INSTANCE="$${STATUSPAGE_INSTANCE:-$(DEMO)}" exec $(BIN)/python -m statuspage.demo

test: .venv/.installed-dev
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-postgresql: .venv/.installed-dev
	@TEST_ENGINES=postgresql $(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

bench: .venv/.installed-dev
	@$(BIN)/python -m bench

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.installed-dev
	$(BIN)/mypy

lock: .venv/.installed-dev
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header \
		--output-file requirements.txt requirements.in
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header \
		--output-file requirements-dev.txt requirements-dev.in

.venv/.installed: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer (with venv) was not found; name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked packages …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.txt
	@echo "Installing the locked test packages …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

translations: .venv/.installed
	@$(BIN)/python -m statuspage.translations

clean:
	rm -rf .venv .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
