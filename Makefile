# `make` alone prints what there is.
SHELL := /bin/bash
.DELETE_ON_ERROR:
PYTHON ?= python3
BIN := .venv/bin
CHECKED := tools tests benchmarks

.PHONY: help up down test check fast format lint types unit chart policy-check values-check generate benchmark live install lock clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

install: .venv/installed ## the toolkit in .venv

.venv/installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON=python3.x" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "python3 -m venv failed: on Debian or Ubuntu install python3-venv" >&2; exit 2; }
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

up: install ## from nothing to a running DAIRA on a local cluster, and its address
	@$(BIN)/daira up

down: install ## remove the local cluster
	@$(BIN)/daira down

test: install ## every test; brings the cluster up first
	@$(BIN)/daira up
	@$(MAKE) --no-print-directory format-check lint types dockerfiles generated values-check policy-check
	@$(BIN)/pytest

check: install ## everything but the live tests
	@$(BIN)/daira tools > /dev/null
	@$(MAKE) --no-print-directory format-check lint types dockerfiles generated values-check policy-check
	@$(BIN)/pytest tests/unit tests/chart tests/policy tests/values tests/validate -n auto

policy-check: install ## the security checklist and every other rule, on the chart in every environment
	@$(BIN)/daira tools > /dev/null
	@$(BIN)/daira check

values-check: install ## values against their schemas, in every environment
	@$(BIN)/daira tools > /dev/null
	@$(BIN)/daira lint

generate: install ## everything that is made from a source: schemas, docs, manifests, compose file
	@$(BIN)/daira tools > /dev/null
	@$(BIN)/daira generate

generated: install
	@$(BIN)/daira tools > /dev/null
	@$(BIN)/daira generate --check

benchmark: install ## daira check beside kube-score and checkov; minutes
	@$(BIN)/python benchmarks/policy.py --checkov --write

fast: install format lint types unit ## format, lint, types, unit tests: the inner loop

format: install
	@$(BIN)/ruff format --quiet $(CHECKED)

.PHONY: format-check dockerfiles generated
format-check: install
	@$(BIN)/ruff format --quiet --check $(CHECKED)

lint: install
	@$(BIN)/ruff check --quiet $(CHECKED)

types: install
	@$(BIN)/mypy --no-error-summary

dockerfiles: install
	@$(BIN)/hadolint images/Dockerfile.backend images/Dockerfile.frontend

unit: install
	@$(BIN)/pytest -q tests/unit

chart: install
	@$(BIN)/pytest -q tests/chart -n auto

live: install
	@$(BIN)/daira up
	@$(BIN)/pytest tests/live

lock: install ## resolve the dependencies again, with hashes
	@$(BIN)/python -m pip install --quiet pip-tools
	@$(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --extra dev -o requirements.lock pyproject.toml

clean: ## remove the cluster, .tools, .venv and the cache folder
	@if [ -x $(BIN)/daira ]; then $(BIN)/daira down --all; fi
	@rm -rf .tools .venv
