# Everything the repository does, by name. `make` alone prints the list.
# Each environment stamp depends on the lists of what is installed and on pyproject.toml, so a change in either installs anew.

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
TORCH ?= any
# All but torch by its hash, and wheels only, so that nothing runs while it is installed; requirements/README.md says why
# torch is apart. pliant itself is built by the hatchling of the list, and fetches nothing.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
WHEELS := $(PIP) --only-binary :all:
INSTALL_TORCH := $(WHEELS) $(if $(filter hashed,$(TORCH)),--require-hashes --no-deps --requirement requirements/torch.txt,--constraint constraints.txt torch)
INSTALL_PLIANT := $(PIP) --no-deps --no-build-isolation --editable .
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
	@set -e; for what in run digits tables middle_fit published nist line_speed separation wald_coverage interval_coverage check_size estimator_checks curve_intervals effects random_tables verdict sine whole_fit speed time_to_loss scaling prediction kills_of_saves soak damaged_files kills bad_input; do \
	  printf '\n$$ python benchmarks/%s.py $(BENCH)\n' $$what; $(BIN)/python benchmarks/$$what.py $(BENCH); done

docs: .venv/stamp-test ## Write the shown outputs of README and docs, and the pictures, then test the pages
	$(BIN)/python tools/write_tour.py
	$(BIN)/python tools/write_model_file.py
	$(BIN)/python tools/write_errors.py
	$(BIN)/python tools/write_pages.py
	$(BIN)/python -m pytest -q tests/test_docs.py

clean: ## Remove what was made here, except .venv
	rm -rf $(OUT) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/stamp-venv: constraints.txt
	@tools/make-venv "$(PYTHON)"
	@touch $@

.venv/stamp-run: .venv/stamp-venv requirements/run.txt pyproject.toml
	@echo 'Installing pliant into .venv (the first time takes a minute or two) ...'
	@$(WHEELS) --require-hashes --requirement requirements/run.txt
	@$(INSTALL_TORCH)
	@$(INSTALL_PLIANT)
	@touch $@

.venv/stamp-test: .venv/stamp-venv requirements/test.txt pyproject.toml
	@echo 'Installing pliant and the test tools into .venv (the first time takes some minutes) ...'
	@$(WHEELS) --require-hashes --requirement requirements/test.txt
	@$(INSTALL_TORCH)
	@$(INSTALL_PLIANT)
	@touch $@ .venv/stamp-run
