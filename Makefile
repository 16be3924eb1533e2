# Each target sets up by itself what it needs. `make demo` and `make test` are all a new machine has to run.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUF := $(CURDIR)/$(BIN)/buf
STAMP := $(VENV)/.installed
DEMO ?=
export OMP_NUM_THREADS ?= 1
export HF_HUB_OFFLINE = 1
export TOKENIZERS_PARALLELISM = false

.PHONY: help
help: ## lists the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

# Torch first, pinned: a range would pull a build of several gigabytes.
$(STAMP): pyproject.toml constraints.txt protos/build_hook.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[embedded,multilingual,dev]'
	touch $@

# Generated code follows its .proto without a reinstall.
PROTOS := $(shell find protos/winnow -name '*.proto')
$(VENV)/.generated: $(STAMP) $(PROTOS)
	$(BIN)/python protos/build_hook.py
	touch $@

.PHONY: setup
setup: $(VENV)/.generated ## virtual environment, pinned dependencies, generated code

.PHONY: demo
demo: setup ## the main job on the sample catalog; DEMO="--once" ends by itself
	$(BIN)/winnow demo $(DEMO)

SELECT ?= -m "not thorough and not soak"
# Folders in order, the slow ones first: what a folder shares ends with it, and no core idles at the end.
.PHONY: test
test: setup ## what every change needs (≤ 8 minutes on 2 cores)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(SELECT) tests

.PHONY: faults
faults: setup ## kills and outages, of which .ci/run tries a sample (≤ 8 minutes)
	$(BIN)/python -m pytest tests/faults

.PHONY: screens
screens: setup ## pictures of the review page, to docs/screens (needs chromium)
	$(BIN)/python -m tests.browser.screens

.PHONY: soak
soak: setup ## all large counts: 2,000 generated histories, each process killed, each page in every way (≤ 60 minutes on 2 cores)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m soak tests

.PHONY: lint
lint: setup ## formatting, types, import contracts, protos
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python protos/buf_tree.py build/buf/now
	cd build/buf/now && $(BUF) lint --path winnow

# Against what others build on: main where there is one, else the commit before.
AGAINST ?= $(shell git rev-parse -q --verify origin/main || git rev-parse -q --verify HEAD^)
.PHONY: breaking
breaking: setup ## the API against main: nothing renamed, removed or renumbered
	$(BIN)/python protos/buf_tree.py build/buf/before $(AGAINST)
	cd build/buf/before && $(BUF) build --path winnow --output ../before.binpb
	$(BIN)/python protos/buf_tree.py build/buf/now
	cd build/buf/now && $(BUF) breaking --against ../before.binpb --path winnow

.PHONY: clean
clean: ## removes the environment and the demo's data
	rm -rf $(VENV) build .winnow .winnow-demo

DIR ?= deploy/kubernetes
.PHONY: manifests
manifests: setup ## checks the Kubernetes manifests; DIR=… checks a copy
	$(BIN)/python -m deploy.manifests $(DIR)
