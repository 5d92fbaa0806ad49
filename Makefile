# Every verb sets itself up; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
BROWSER := chromium=chromium chromedriver=chromium-driver

REPEATS ?= 20

.PHONY: demo test test-all faults check fmt proto web bench help

demo: .venv/.stamp  ## Start the whole stack and play a session (ONCE=1: exit after it)
	@$(BIN)/multibo demo

test: .venv/.stamp  ## Run every fast test: no Docker, no GPU
	@bash .ci/system.sh $(BROWSER) && $(BIN)/python -m pytest -m "not slow and not gpu"

test-all: .venv/.stamp  ## Run every test, the slow ones too
	@bash .ci/system.sh $(BROWSER) && $(BIN)/python -m pytest

faults: .venv/.stamp  ## Kill, freeze, lose, repeat: every fault, REPEATS=20 as often as its bound asks; with a report
	@$(BIN)/python -m pytest tests/faults -m "fault and slow" --fault-repeats $(REPEATS)

check: .venv/.stamp  ## Run the gates: ruff, mypy, imports, protos, architecture
	@bash .ci/check.sh

fmt: .venv/.stamp  ## Format the code and repair what ruff can repair
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

proto: .venv/.stamp  ## Regenerate the Python of the protos
	@bash proto/generate.sh

web: .venv/.stamp  ## Bundle the page into the gateway
	@bash clients/web/build.sh

bench: .venv/.stamp  ## Measure; results go to benchmarks/results
	@bash .ci/bench.sh

help:  ## List the verbs
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.stamp: pyproject.toml constraints.txt
	@bash .ci/venv.sh
