SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
EXAMPLES ?= 5000
TESTS ?= tests
# Processes that run tests, each with a service and a database of its own.
WORKERS ?= 2
BIN := .venv/bin
INSTALLED := .venv/.installed
OURS := consent terminology dzop
PYTHON_FILES := $(OURS) tests bench conftest.py

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.PHONY: demo
demo: $(INSTALLED) ## The service with demo persons on http://127.0.0.1:8000; PORT=9000 make demo moves it
	@exec $(BIN)/dzop demo --port $(PORT)

.PHONY: test
test: $(INSTALLED) ## The whole suite, in a browser and from Node too; TESTS=tests/fhir for a part, WORKERS=4 on more cores
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || .ci/packages chromium || [ "$$CI" != true ]
	@{ command -v node && command -v npm; } >/dev/null || .ci/packages nodejs npm || [ "$$CI" != true ]
	@$(BIN)/python -m pytest -rs -n $(WORKERS) --dist worksteal $(TESTS)

.PHONY: soak
soak: $(INSTALLED) ## Property tests with many more examples, hours long; EXAMPLES=500 for a lunch
	@DZOP_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -rs -m hypothesis $(TESTS)

.PHONY: check
check: $(INSTALLED) ## Lint, format, types, direction of imports, access matrix
	$(BIN)/ruff check $(PYTHON_FILES)
	$(BIN)/ruff format --check $(PYTHON_FILES)
	$(BIN)/mypy --strict $(OURS)
	$(BIN)/lint-imports
	$(BIN)/dzop matrix check

.PHONY: matrix
matrix: $(INSTALLED) ## Writes docs/matrix.md anew from consent/matrix.csv
	$(BIN)/dzop matrix export --format md > docs/matrix.md

.PHONY: profiles
profiles: $(INSTALLED) ## Writes docs/profiles.md anew from dzop/fhir/profiles/data
	$(BIN)/python -c "from dzop.definitions.profile_page import profile_page; print(profile_page(), end='')" > docs/profiles.md

.PHONY: terminology
terminology: $(INSTALLED) ## Writes docs/terminology-content.md anew from terminology/data
	$(BIN)/python -c "from dzop.definitions.terminology_page import terminology_page; print(terminology_page(), end='')" > docs/terminology-content.md

.PHONY: fix
fix: $(INSTALLED) ## Repairs what lint and format can repair by themselves
	$(BIN)/ruff check --fix $(PYTHON_FILES)
	$(BIN)/ruff format $(PYTHON_FILES)

.PHONY: bench
bench: $(INSTALLED) ## Speed and memory on this machine, each beside a route that does nothing
	@$(BIN)/python -m bench

.PHONY: mutants
mutants: $(INSTALLED) ## Plants mutants in the access law (takes an hour); fails where fewer than 90 % are noticed
	$(BIN)/mutmut run
	@$(BIN)/mutmut export-cicd-stats
	@$(BIN)/python -m bench.mutants

.PHONY: lock
lock: $(INSTALLED) ## Writes requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile --group dev pyproject.toml -o requirements.lock --python-version 3.11

.PHONY: vendor
vendor: $(INSTALLED) ## Fetches the portal's libraries from npm (needs npm; the result is committed)
	$(BIN)/python -m dzop.portal.vendor

# Debian keeps `ensurepip`, without which a virtual environment has no pip, in a package of its own.
.venv/bin/pip:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || .ci/packages python3-venv
	@$(PYTHON) -m venv .venv

$(INSTALLED): .venv/bin/pip pyproject.toml requirements.lock
	@echo "Installing what dzop needs into .venv (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@
