# One command for each thing a developer does; `make` alone lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
# Compiled once and kept, whatever the shell says: every test run and service imports it all.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help install up test tour weeks check bench soak fix shell pins stop clean reset

PY := .venv/bin/python
INSTALL := sh scripts/python scripts/install.py

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

install: ## make .venv with everything that tests and checks need
	@$(INSTALL) dev

up: ## bring the platform up and print where it is; make up KEPT=x opens a kept rehearsal
	@$(INSTALL) runtime
	@$(PY) manage.py up $(if $(KEPT),--kept "$(KEPT)")

test: install ## run every test in random order; make test T="apps/picks -k publish" runs some
	@$(PY) -m pytest $(or $(T),-n 2 --dist worksteal)

tour: install ## do what a new user does, in a browser on a whole stack; pictures in .stack/tour
	@TOUR=1 $(PY) -m pytest apps/ops/tests/test_tour.py -s

weeks: install ## play three recorded weeks: told to the sandbox's Telegram, and gone wrong
	@WEEKS=1 $(PY) -m pytest apps/ops/tests/test_weeks_told.py apps/ops/tests/test_weeks_gone_wrong.py -s

check: install ## lint, layers, types, dependencies, migrations, deployment
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports
	$(PY) -m mypy apps beatvegas sandbox
	$(PY) -m deptry .
	$(PY) -W "ignore:Got an error checking" manage.py makemigrations --check --dry-run
	@sh scripts/check-deploy

bench: ## measure against limits and peers; make bench P="P5 P6" runs some
	@$(INSTALL) bench
	@$(PY) -m benchmarks $(P)

soak: ## play a day of eight leagues in 24 minutes and kill workers; make soak A="--hours 2" less
	@$(INSTALL) bench
	@$(PY) -m benchmarks.soak $(A)

fix: install ## let ruff mend what it can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

shell: ## a Python shell on the platform; make shell TENANT=acme is inside a tenant
	@$(INSTALL) runtime
	@$(PY) manage.py shell $(if $(TENANT),--tenant "$(TENANT)")

pins: install ## write the pinned requirements*.txt from requirements*.in
	@sh scripts/pins

stop: ## stop the embedded servers
	@$(PY) -m apps.ops.embedded stop

clean: ## stop the embedded servers, forget test databases and caches; keeps your data
	@if [ -x $(PY) ]; then $(PY) -m apps.ops.embedded clean; fi
	@rm -rf .mypy_cache .ruff_cache .import_linter_cache .hypothesis static-collected
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

reset: ## delete the development database and begin anew, after asking
	@$(PY) -m apps.ops.embedded reset
