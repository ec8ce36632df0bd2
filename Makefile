# What a person types in this folder. Each target makes its own .venv when there is none, or when
# the lock has changed; nothing is needed but Python 3.11 to 3.14, git and make.

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench weather crash soak stories deb lock clean

# Most of the suite waits for servers and disks: more workers than processors serve it well.
WORKERS ?= 4
# Pairs of power cuts that `make crash` tries, from a fixed seed.
PAIRS ?= 1000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SUITED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
# python3 if it suits, else the newest that does; a name may be there and not work, so each is tried
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c '$(SUITED)' 2>/dev/null && { echo $$name; break; }; done)
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

help:
	@echo "make demo    the whole thing on this machine, stand-in partners included; options in DEMO=\"--keep DIR\""
	@echo "make test    all tests; what a missing tool leaves out is said, HANDOFF_REQUIRE_ALL=1 makes it a failure"
	@echo "make lint    ruff, ruff format, mypy, import-linter"
	@echo "make crash   the power cut before and after every step of a handoff, and twice; make test takes a sample"
	@echo "make soak    1,000 handoffs while both halves are killed at random; make test has fifteen of them"
	@echo "make stories 300 times what people, partners and clocks do in any order; make test has three of them"
	@echo "make weather 500 deliveries over a line that cuts, holds up and corrupts; make test has twenty of them"
	@echo "make bench   measured against the same work by hand, a table of ratios; BENCH_ROWS=10000000 for ten million"
	@echo "make deb     the Debian package, in dist/; 'make test' then looks into it"
	@echo "make lock    renew requirements.lock"
	@echo "make clean   take away .venv and all that was made"

demo: $(READY)
	@echo "demo: a council, two partners and a day's handoffs, all on this machine"
	@$(BIN)/gateway demo $(DEMO)

test: $(READY)
	@echo "test: the suite"
	@$(BIN)/python -m pytest -n $(WORKERS) $(TESTS)

lint: $(READY)
	@echo "lint: ruff"
	@$(BIN)/ruff check --quiet .
	@echo "lint: ruff format"
	@$(BIN)/ruff format --quiet --check .
	@echo "lint: mypy"
	@$(BIN)/mypy --no-error-summary
	@echo "lint: import-linter"
	@$(BIN)/lint-imports > $(VENV)/imports.txt || { cat $(VENV)/imports.txt; exit 1; }

crash: $(READY)
	@echo "crash: an append of a receipt, killed a thousand times; a handoff at every step, and at $(PAIRS) pairs of steps"
	@HANDOFF_KILLS=1000 HANDOFF_CUTS=1000000 HANDOFF_PAIRS=$(PAIRS) \
		$(BIN)/python -m pytest --timeout 86400 -n 2 tests/crash --deselect tests/crash/test_soak.py

soak: $(READY)
	@echo "soak: 1,000 handoffs, both halves killed at random from a fixed seed"
	@HANDOFF_SOAK=1000 $(BIN)/python -m pytest -s tests/crash/test_soak.py

stories: $(READY)
	@echo "stories: 300 councils' days in any order, from fixed seeds, held against the plain rules"
	@HANDOFF_STORIES=300 $(BIN)/python -m pytest -n $(WORKERS) tests/end_to_end/test_any_order.py

weather: $(READY)
	@echo "weather: 500 deliveries over a line that cuts, holds up and corrupts"
	@DELIVERIES=500 $(BIN)/python -m pytest tests/contracts/test_bad_weather.py

bench: $(READY)
	@echo "bench: whole processes, timed in pairs against the same work by hand"
	@$(BIN)/python -m tests.bench

deb: $(READY)
	@echo "deb: an environment of its own under /opt/handoff, units, users, folders, handbooks"
	@$(BIN)/python packaging/deb.py

lock: $(READY)
	@echo "lock: the newest releases that pyproject.toml allows"
	@$(BIN)/python packaging/lock.py

clean:
	@echo "clean: .venv, caches, built packages, the bench's data"
	@rm -rf $(VENV) build dist bench-data .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find gateway tests packaging -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "there is no Python 3.11 to 3.14 here: install one, or name it with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$(PYTHON) cannot make virtual environments: apt-get install python3-venv"; exit 1; }
	@echo "venv: $(VENV), with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)
	@echo "venv: the packages of requirements.lock, each checked against its hash"
	@$(PIP) install --require-hashes --only-binary=:all: -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
