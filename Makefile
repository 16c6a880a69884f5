# Everything starts here: `make demo` shows it all, `make help` lists the rest.

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo up down ps lint test test-unit test-system test-slow faults \
	clean distclean

# The first Python that really runs and is of a version that Flink and Airflow both take. If there
# is none, any Python does to say what is missing.
IS_FIT := import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))
PYTHON ?= $(shell for python in python3.11 python3.12 python3; do \
	$$python -c '$(IS_FIT)' >/dev/null 2>&1 && echo $$python && exit; done; echo python3)

BIN := .venv/bin
STACK_OPTION := $(if $(STACK),--stack $(STACK))

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## Install headgate, Airflow, Kafka, the registry and two Flinks (pinned, hashed, cached)
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or 3.12 is needed; none was found:\
	 apt-get install -y python3.11 python3.11-venv, or brew install python@3.12" >&2; exit 1; }
	@$(PYTHON) bootstrap/install.py

install-dev: ## Install what tests and lint need as well
	@$(PYTHON) bootstrap/install.py --dev

demo: install ## Show everything at work and leave it running; with EXIT=1 stop it afterwards
	@$(BIN)/headgate demo $(if $(EXIT),--exit)

up: install ## Start the embedded stack (STACK=name for another than the default one)
	@$(BIN)/headgate up $(STACK_OPTION)

down: ## Stop the embedded stack; its data stays
	@if [ -x $(BIN)/headgate ]; then $(BIN)/headgate down $(STACK_OPTION); fi

ps: ## List the services of the embedded stack
	@$(BIN)/headgate ps $(STACK_OPTION)

lint: install-dev ## Style, types, import rules and the declared files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/headgate lint

test-unit: install-dev ## Tests that need no server
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile tests/unit
	$(BIN)/python -m pytest tests/dags

test-system: install-dev ## Tests on a real stack, started for them
	$(BIN)/python -m pytest tests/system

test-slow: install-dev ## The long run: faults at every step boundary, and of every server
	$(BIN)/python -m pytest tests/system tests/dags -m slow

faults: ## Write docs/faults.md anew from the tests' docstrings
	PYTHONPATH=plugins:tests $(BIN)/python -m harness.faults.document docs/faults.md

test: lint test-unit test-system ## Lint and all tests

clean: ## Stop every stack and remove all state (topics, checkpoints, ledger)
	@for folder in .headgate/stacks/*/; do \
	  [ -d "$$folder" ] && [ -x $(BIN)/headgate ] || continue; \
	  $(BIN)/headgate down --stack "$$(basename "$$folder")" || exit 1; \
	done
	rm -rf .headgate/stacks

distclean: clean ## Remove the installation too
	rm -rf .venv .headgate .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
