# Everything the repository does, by name. `make` alone prints the list.
# Each environment stamp depends on the pins and on pyproject.toml, so a change in either installs anew.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench docs clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PYTEST ?= -n auto
BENCH ?=
OUT := out
BIN := .venv/bin
# Without build isolation the editable build uses the pinned hatchling, and nothing is fetched twice.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
TABLE := src/pliant/datasets/penguins.csv
FORMULA := body_mass_g ~ flipper_length_mm + species
CURVE := body_mass_g ~ flipper_length_mm + bill_depth_mm

help: ## Print this list
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do \
	  printf '  make %-7s %s\n' "$$name" "$$what"; done

run: .venv/stamp-run ## Fit the penguins, predict, draw and report; then the tour; say where everything lies
	@mkdir -p $(OUT)
	@printf '$$ pliant fit $(TABLE) "$(FORMULA)" --line --out $(OUT)/penguins.pliant --plot $(OUT)/penguins.svg\n'
	@$(BIN)/pliant fit $(TABLE) "$(FORMULA)" --line --out $(OUT)/penguins.pliant --plot $(OUT)/penguins.svg
	@printf '\n$$ pliant predict $(OUT)/penguins.pliant $(TABLE) --out $(OUT)/predictions.csv\n'
	@$(BIN)/pliant predict $(OUT)/penguins.pliant $(TABLE) --out $(OUT)/predictions.csv
	@printf '\n$$ pliant fit $(TABLE) "$(CURVE)" --report $(OUT)/report.html\n'
	@$(BIN)/pliant fit $(TABLE) "$(CURVE)" --report $(OUT)/report.html
	@printf '\n$$ pliant tour --out $(OUT)/tour\n'
	@$(BIN)/pliant tour --out $(OUT)/tour
	@printf '\nmodel        $(OUT)/penguins.pliant\npicture      $(OUT)/penguins.svg\npredictions  $(OUT)/predictions.csv\nreport       file://$(CURDIR)/$(OUT)/report.html\ntour         file://$(CURDIR)/$(OUT)/tour/tour.html\n'

test: .venv/stamp-test ## Run every test, code blocks of README and docs included
	@tools/ensure-chromium
	$(BIN)/python -m pytest $(PYTEST)

check: .venv/stamp-test ## Lint, format, types, and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -qq tests/test_architecture.py

bench: .venv/stamp-test ## Measure everything: some hours (BENCH=--smoke: that it runs, in some minutes)
	@set -e; for what in run digits tables middle_fit published nist line_speed separation wald_coverage interval_coverage check_size estimator_checks curve_intervals effects random_tables bad_input verdict sine whole_fit speed time_to_loss scaling prediction; do \
	  printf '\n$$ python benchmarks/%s.py $(BENCH)\n' $$what; $(BIN)/python benchmarks/$$what.py $(BENCH); done

docs: .venv/stamp-test ## Write the shown outputs of README and docs, and the pictures, then test the pages
	$(BIN)/python tools/write_tour.py
	$(BIN)/python tools/write_errors.py
	$(BIN)/python tools/write_pages.py
	$(BIN)/python -m pytest -q tests/test_docs.py

clean: ## Remove what was made here, except .venv
	rm -rf $(OUT) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/stamp-venv: constraints.txt
	@tools/make-venv "$(PYTHON)"
	@$(INSTALL) hatchling editables
	@touch $@

.venv/stamp-run: .venv/stamp-venv pyproject.toml
	@echo 'Installing pliant into .venv (the first time takes a minute or two) ...'
	@$(INSTALL) --no-build-isolation --editable '.[plots,torch]'
	@touch $@

.venv/stamp-test: .venv/stamp-venv pyproject.toml
	@echo 'Installing pliant and the test tools into .venv (the first time takes some minutes) ...'
	@$(INSTALL) --no-build-isolation --editable '.[dev]'
	@touch $@ .venv/stamp-run
