.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# pytest ends with this status when no test has the mark that is asked for
NO_TESTS := 5

.PHONY: help demo test test-slow test-all setup browser lint types release verify doctor bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## grade three sample submissions and write their reports
	@$(BIN)/python examples/demo.py

test: setup ## run the tests (under 12 minutes on two cores)
	$(BIN)/python -m pytest -m "not slow and not gpu"

test-slow: setup ## run the long tests alone
	$(BIN)/python -m pytest -m "slow and not gpu" || test $$? -eq $(NO_TESTS)

test-all: setup ## run the long tests too
	$(BIN)/python -m pytest -m "not gpu"

setup: $(STAMP) ## build .venv with the pinned dependencies

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) > /dev/null || { echo "$(PYTHON) is not there; name one with make PYTHON=..."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11; name another with make PYTHON=..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[ta,dev]'
	@touch $@

browser: ## install Chromium, which the tests open reports with, on Debian
	@command -v chromium > /dev/null || { apt-get update --quiet=2 && apt-get install --quiet=2 --yes chromium; }

lint: setup ## check style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup ## check types
	$(BIN)/mypy

release: setup ## write assignments/ from solutions/
	$(BIN)/autograder release

verify: setup ## prove every assignment and its checks
	$(BIN)/autograder verify

doctor: setup ## examine this machine
	$(BIN)/autograder doctor

bench: setup ## measure speed and memory, as ratios within one run
	@$(BIN)/python -m tests.bench

clean: ## remove what was built
	rm -rf $(VENV) build *.egg-info
