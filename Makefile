# Two commands matter: `make demo` and `make test`. Both set up what they need and can be repeated.
SHELL := /bin/bash
PYTHON ?= python3
V := .venv/bin
# a file's tests stay in one process, in their order; the longest files are begun first
EVERY_CORE := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
ON_POSTGRES := tests/spec tests/surveys tests/exchange tests/clinic tests/reports tests/races \
	tests/crash/test_random_kills.py tests/flows/test_migrate.py

# many tests start a process of the house, which should not be compiled anew each time
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test proof setup system lint lock

demo: setup
	$(V)/afterglow demo

test: setup system lint
	$(V)/python -m pytest $(EVERY_CORE) --ignore tests/browser
	@echo "The pages, in a real browser"
	$(V)/python -m pytest $(EVERY_CORE) tests/browser
	@echo "And once more where the records are, on PostgreSQL"
	tests/on_postgres.sh $(EVERY_CORE) $(ON_POSTGRES)

# The test plan's full figures; prints one line for each. Hours, not minutes.
proof: setup system
	AFTERGLOW_PROOF=1 $(V)/python -m pytest -m proof $(EVERY_CORE)
	AFTERGLOW_PROOF=1 tests/on_postgres.sh -m proof $(EVERY_CORE) $(ON_POSTGRES)

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml
	@echo "Setting up .venv (about two minutes the first time)"
	$(PYTHON) -m venv .venv
	@# --no-deps: the lock is complete, and older pips trip over extras among hashed requirements
	$(V)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(V)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(V)/pip check
	touch $@

# The tests drive a real Chromium, read PDFs back as pictures and run on a real PostgreSQL.
system:
	@tests/system_packages.sh

lint: setup
	$(V)/ruff check . && $(V)/ruff format --check . && $(V)/mypy && $(V)/lint-imports

# Renews requirements.lock from pyproject.toml; commit it together with the change that needed it.
lock:
	$(V)/pip install --quiet uv
	$(V)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements.lock
	sed -i '1i # Resolved for Python 3.11 and later from pyproject.toml; renew with `make lock`.' requirements.lock
