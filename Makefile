PYTHON ?= python3
BIN := .venv/bin
# modules are compiled once, not in each of the many processes that tests start
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist worksteal
ASKED := benchmarks/builtin%.py benchmarks/cell_labels.py benchmarks/unet.py# scripts that need arguments
MARKS := docs or fuzz# of tests that take minutes, joined by "or"

.PHONY: demo test test-quick test-all test-newest fuzz slow check bench install clean

demo: install  ## the whole journey on simulated cells, in demo/
	$(BIN)/cellocate demo --out demo --overwrite

test: install  ## all but what takes minutes
	$(PYTEST)

test-quick: install  ## less than a minute
	$(PYTEST) -m "not slow"

test-all: test  ## everything
	$(PYTEST) -m "$(MARKS)"

fuzz: install  ## ten thousand damaged files, and property tests with new examples
	HYPOTHESIS_PROFILE=random $(PYTEST) -m "fuzz or hypothesis"

test-newest:  ## the tests with the newest release of every dependency, such as pandas 3
	$(PYTHON) -m venv .venv-newest
	.venv-newest/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager --editable '.[dev]'
	OMP_NUM_THREADS=1 .venv-newest/bin/python -m pytest --numprocesses auto

slow: install  ## brings the list of slow tests up to date
	$(PYTEST) --note-slow

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: install  ## prints every number that the README claims
	for script in $(filter-out $(ASKED),$(sort $(wildcard benchmarks/*.py))); do $(BIN)/python $$script || exit 1; done

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv .venv-newest demo runs
