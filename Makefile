# `make help` lists the targets. Needs make and Python 3.11 or newer; everything else goes into .venv.

PYTHON ?= python3
PORT ?= 8501
JOBS ?= 3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE :=  # the tests start dozens of processes: compile each module once

.DEFAULT_GOAL := help
.PHONY: help setup run serve dev test quick check lint types format bench performance bench-train models verify load fuzz soak screenshots readme package clean
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.runtime ## create .venv and install what the app needs

run: $(VENV)/.runtime ## serve the app on http://localhost:8501 (PORT=... for another, ARGS="--address 127.0.0.1" for this machine only)
	MALLOC_ARENA_MAX=1 $(BIN)/python -m scripts.run --port $(PORT) $(ARGS)

serve: $(VENV)/.runtime ## serve from several processes that share memory, behind a proxy (ARGS="--workers 2 --port 8501"; Linux)
	MALLOC_ARENA_MAX=1 $(BIN)/python -m scripts.serve $(ARGS)

dev: $(VENV)/.runtime ## serve the app and reload it when a file changes
	$(BIN)/streamlit run app.py --server.fileWatcherType auto --server.runOnSave true --server.port $(PORT)

test: $(VENV)/.browser ## run all tests, the browser's included, in three processes (JOBS=4 for more; ARGS=tests/test_imports.py for some)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

quick: $(VENV)/.dev ## the tests to run while working: no browser, no load, no long training
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow and not browser" $(ARGS)

check: lint types test ## lint, format check, types, tests: what a change must pass

lint: $(VENV)/.dev ## ruff: rules and formatting; import-linter: who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(VENV)/.dev ## mypy
	$(BIN)/mypy

format: $(VENV)/.dev ## let ruff mend and format the files
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.browser ## time the recorder, a new sentence on every page, and the browser (5 minutes; ARGS=--quick)
	$(BIN)/python -m bench.report --print record record-onednn gradients pages browser $(ARGS)

performance: $(VENV)/.browser ## measure everything and write docs/performance.md (a quiet machine, 15 minutes; ARGS=--quick)
	$(BIN)/python -m bench.report $(ARGS)

load: $(VENV)/.runtime ## 50 visitors who type for a minute, against a server of its own (ARGS="--sessions 100 --workers 2")
	$(BIN)/python -m bench.load $(ARGS)

fuzz: $(VENV)/.runtime ## throw 500 inputs at the app: texts, links, damaged files (ARGS="--inputs 5000")
	$(BIN)/python -m bench.fuzz $(ARGS)

soak: $(VENV)/.runtime ## 2,000 different sentences: does the server's memory grow?
	$(BIN)/python -m bench.soak $(ARGS)

bench-train: $(VENV)/.runtime ## tokens per second of training, against a plain padded loop
	$(BIN)/python -m bench.training $(ARGS)

models: $(VENV)/.runtime ## train the whole collection from DATA=FOLDER, two runs side by side; resumes
	@test -n "$(DATA)" || { echo "make models DATA=FOLDER: name the folder of the data sets"; exit 1; }
	$(BIN)/python -m scripts.models --data $(DATA)

verify: $(VENV)/.runtime ## measure every figure of the cards again, DATA=FOLDER
	@test -n "$(DATA)" || { echo "make verify DATA=FOLDER: name the folder of the data sets"; exit 1; }
	$(BIN)/python -m scripts.verify --data $(DATA)

screenshots: $(VENV)/.browser ## photograph every page and section, light, dark and on a phone, into docs/gallery.md
	$(BIN)/python -m scripts.screenshots

readme: $(VENV)/.runtime ## write the table of models into README.md
	$(BIN)/python -m scripts.readme

package: $(VENV)/.dev ## build the wheel and the sdist into dist/ and check them
	rm -rf dist
	$(BIN)/python -m hatchling build
	$(BIN)/python -m twine check --strict dist/*

clean: ## remove .venv and every cache
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- stamps: a step runs again only when a file it depends on has changed. -qq: pip prints errors only ---

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "RNNViz needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	$(BIN)/pip install torch==2.13.0 -qq
	$(BIN)/pip install -r requirements.txt -qq
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(BIN)/pip install -r requirements-dev.txt -qq
	@touch $@

$(VENV)/.browser: scripts/browser.py $(VENV)/.dev
	$(BIN)/python -m scripts.browser
	@touch $@
