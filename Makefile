# `make run` starts everything; `make test` checks everything. Both install what they need.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
VENDOR := assistant/web/static/vendor

.PHONY: run test setup check unit clean help prerequisites

help:
	@echo "make run    install, fetch the model, make the demo data, serve   (PORT=8000)"
	@echo "make test   install what the tests need and run every check"
	@echo "make clean  remove what was installed and made (not the model)"

run: setup
	@$(BIN)/zhike demo --port $(PORT)

setup: prerequisites $(VENV)/.ready $(VENDOR)/.ready

prerequisites:
	@command -v $(PYTHON) >/dev/null || { echo "Zhike needs Python 3.11 or newer: https://www.python.org/downloads/"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Zhike needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Say make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python lacks venv. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@command -v npm >/dev/null || { echo "Zhike needs Node.js 18 or newer with npm: https://nodejs.org/"; exit 1; }
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)' || { echo "Zhike needs Node.js 18 or newer; this is $$(node -v)"; exit 1; }

$(VENV)/.ready: pyproject.toml uv.lock requirements.txt
	@echo "==> Python packages (a minute or two the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q -U "pip>=25" "uv>=0.9"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --frozen --inexact --no-dev --active 2>&1 | tail -n 1
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	@echo "==> Packages for the tests"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --frozen --inexact --active 2>&1 | tail -n 1
	@touch $@

$(VENDOR)/.ready: package.json package-lock.json assistant/web/icons.txt
	@echo "==> Front-end libraries"
	@npm ci --no-fund --no-audit --loglevel=error >/dev/null
	@mkdir -p $(VENDOR)
	@cp node_modules/weui/dist/style/weui.min.css $(VENDOR)/
	@cp node_modules/@tabler/core/dist/css/tabler.min.css node_modules/echarts/dist/echarts.esm.min.mjs $(VENDOR)/
	@rm -rf $(VENDOR)/icons && mkdir $(VENDOR)/icons
	@xargs -I% cp node_modules/@tabler/icons/icons/outline/%.svg $(VENDOR)/icons/ < assistant/web/icons.txt
	@touch $@

test: prerequisites $(VENV)/.ready-dev $(VENDOR)/.ready
	@scripts/test-prerequisites
	@echo "==> Model for the tests"
	@$(BIN)/zhike model pull
	@$(MAKE) --no-print-directory check unit

check:
	@echo "==> ruff, mypy, import contracts"
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

unit:
	@echo "==> pytest"
	@$(BIN)/python -m pytest

clean:
	rm -rf $(VENV) node_modules $(VENDOR) var
