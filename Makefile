# make run    serve the live example at http://localhost:8000 (PORT=8080 make run for another port)
# make quick  lint, types, and the tests that are quick and start no server or browser: half a minute
# make test   lint, types, tests and real browsers: all there is
#
# All need only Python 3.11 or later (PYTHON=python3.12 make test picks one) and make. What they install
# goes into .venv; as root, `make test` also installs the browsers and engines it misses (Debian and its relatives).

PYTHON ?= python3
PORT ?= 8000
PIP = .venv/bin/python -m pip --quiet --disable-pip-version-check

# Folders whose tests start servers, engines, browsers, crowds of clients or type checkers.
SLOW = browsers clients command engines faults hug2 servers typed

.PHONY: run quick test lint browsers engines clean

run: .venv/installed
	.venv/bin/hug -f examples/live.py -p $(PORT)

# Few processes: these tests wait little, and each process collects all of them first.
quick: lint
	tools/pytest --numprocesses=$$(($$(getconf _NPROCESSORS_ONLN) + 1)) --hypothesis-profile=quick $(SLOW:%=--ignore=tests/%) -m 'not slow'

test: lint browsers engines
	tools/pytest

lint: .venv/installed-test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

browsers:
	@tools/browsers

engines:
	@tools/engines

# The stamps live inside .venv, so that removing it is all it takes to start over.
.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) install --upgrade 'pip>=25.1'
	$(PIP) install --editable .
	@touch $@

.venv/installed-test: pyproject.toml .venv/installed
	$(PIP) install --group test
	@touch $@

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
