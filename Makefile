PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-newest fuzz check bench install clean

demo: install  ## the whole journey on simulated cells, in demo/
	$(BIN)/cellocate demo --out demo --overwrite

test: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto

test-newest:  ## the tests with the newest release of every dependency, such as pandas 3
	$(PYTHON) -m venv .venv-newest
	.venv-newest/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager --editable '.[dev]'
	OMP_NUM_THREADS=1 .venv-newest/bin/python -m pytest --numprocesses auto

fuzz: install  ## ten thousand damaged files
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto -m fuzz

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: install  ## prints every number that the README claims
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv .venv-newest demo runs
