# Everything a developer runs. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
WORKERS ?= 2

UV := .tools/bin/uv
BIN := .venv/bin
LOCKS := requirements/dev.txt requirements/tools.txt
READY := .venv/.ready

# pip may be set up for a mirror or a certificate of its own; uv is told the same.
# What uv cannot be told (find-links and the like) is left to pip, see $(READY).
pip_setting = $$($(PYTHON) -m pip config list 2>/dev/null | sed -nE "s/^(global|install)\.$(1)='(.*)'$$/\2/p")
define like_pip
index="$${UV_DEFAULT_INDEX:-$${UV_INDEX_URL:-$${PIP_INDEX_URL:-$(call pip_setting,index-url)}}}"; \
certificates="$${SSL_CERT_FILE:-$${PIP_CERT:-$(call pip_setting,cert)}}"; \
if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi; \
if [ -n "$$certificates" ]; then export SSL_CERT_FILE="$$certificates"; fi; \
cache="$${UV_CACHE_DIR:-$${XDG_CACHE_HOME:-$${HOME:-/}/.cache}/uv}"; \
if ! { mkdir -p "$$cache" && [ -w "$$cache" ]; } 2>/dev/null; then export UV_NO_CACHE=1; fi; \
export UV_PYTHON_DOWNLOADS=never; unset VIRTUAL_ENV CONDA_PREFIX
endef

# Settings that forbid or redirect a plain install are not meant for these two folders.
PIP := PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 $(PYTHON) -m pip
PIP_QUIETLY := --quiet --disable-pip-version-check --root-user-action ignore

.PHONY: help demo test check bench golden torture mutate coverage lock clean set-up

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY)  ## watch a book being kept true, with a simulated broker
	@$(BIN)/tieout demo

test: $(READY)  ## run the tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: $(READY)  ## format, lint, types, import contracts, tidiness
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict src
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/test_tidy.py

bench: $(READY)  ## measure, against the bounds measured beside it
	$(BIN)/python -m benchmarks

golden: $(READY)  ## write the golden files anew; review the diff
	TIEOUT_GOLDEN=rewrite $(BIN)/python -m pytest -q

torture: $(READY)  ## the long tests: kills, faults, many seeds
	$(BIN)/python -m pytest -n $(WORKERS) -m torture --timeout 3600

mutate: $(READY)  ## change the core in small ways; the tests must notice
	$(BIN)/mutmut run
	$(BIN)/mutmut results

coverage: $(READY)  ## lines and branches the tests reach
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report term --cov-report html
	$(BIN)/coverage report --include 'src/tieout/core/*' --fail-under 100
	$(BIN)/coverage report --omit 'src/tieout/core/*' --fail-under 95 --format total

lock:  ## choose the versions of all dependencies anew
	@$(MAKE) --no-print-directory $(UV)
	@echo "lock: choosing versions"
	@$(like_pip); \
	compile="$(UV) pip compile --quiet --upgrade --universal --python $(PYTHON) --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header"; \
	$$compile --all-extras --group dev pyproject.toml --output-file requirements/dev.txt; \
	$$compile --group pyproject.toml:tools --output-file requirements/tools.txt

set-up: $(READY)  ## prepare .venv (the others do it when needed)

clean:  ## remove what make made
	rm -rf .venv .tools mutants .mutmut-cache dist build htmlcov .coverage .coverage.* \
	    .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV): requirements/tools.txt
	@echo "set-up 1/4: installing uv into .tools"
	@rm -rf .tools
	@$(PIP) install $(PIP_QUIETLY) --require-hashes --target .tools -r requirements/tools.txt
	@touch $(UV)

# An existing .venv is brought up to date in place: somebody may be using it.
$(READY): $(UV) $(LOCKS) pyproject.toml
	@echo "set-up 2/4: preparing .venv with $$($(PYTHON) --version)"
	@$(like_pip); $(BIN)/python -c "" 2>/dev/null || $(UV) venv --quiet --clear --python $(PYTHON) .venv
	@echo "set-up 3/4: installing $$(grep -c '^[a-z]' requirements/dev.txt) locked packages"
	@$(like_pip); $(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt || { \
	    echo "set-up 3/4: uv could not; trying pip, with its own settings"; \
	    $(PIP) --python $(BIN)/python install $(PIP_QUIETLY) --require-hashes -r requirements/dev.txt; }
	@echo "set-up 4/4: installing tieout itself"
	@$(like_pip); $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline -e .
	@touch $(READY)
