# make run and make test are all anybody needs; `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# Compiled modules are kept, whatever the surroundings say: each process of the tests would compile all of them again.
export PYTHONDONTWRITEBYTECODE :=
.PHONY: help run test test-long test-services test-cluster faults install install-dev lint format lock audit sbom clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## start the product (HOST and PORT change the address, DATA_DIR the data folder, ONLY=web,poller starts a part); Ctrl-C stops it
	@exec .venv/bin/python manage.py launch

test: install-dev ## run the tests in a process more than there are cores (ARGS="-k name" narrows them, ARGS="-n 0" takes one process)
	@exec .venv/bin/python -m pytest -n auto --maxprocesses 4 --durations=15 $(ARGS)

faults: install-dev ## harm the running product in every way, with work in every stage, and print the table (two hours; ARGS="--only poller" narrows it)
	@exec .venv/bin/python -m tests.faults $(ARGS)

test-long: install-dev ## what takes minutes each: backups of a running product, killed starts, hostile providers
	@exec .venv/bin/python -m pytest -n 0 -m long $(ARGS)

# Where the database, the broker or the bucket makes a difference: jobs, engine, files, search, locks. CI runs these.
SERVICE_TESTS_CHOSEN = tests/cluster $(addprefix tests/engine/test_,$(addsuffix .py, avatars videos tasks poller throttle)) \
	$(addprefix tests/avatars/test_,$(addsuffix .py, tasks scheduling)) tests/videos/test_tasks.py tests/videos/test_bad_rows.py \
	$(addprefix tests/videos/exports/test_,$(addsuffix .py, services tasks posters poller)) tests/videos/batches/test_batches.py \
	$(addprefix tests/dashboard/test_,$(addsuffix .py, \
	jobs runner enqueue held_lease deletion search_index gallery_filters gallery_changes signed_links audit sync))
# The same with their pages and forms.
SERVICE_TESTS = $(SERVICE_TESTS_CHOSEN) tests/engine tests/avatars tests/videos/exports tests/videos/batches \
	tests/videos/voices tests/dashboard/test_accounts.py

test-services: install-dev ## the tests of jobs, engine and files on PostgreSQL, Redis and a bucket (Debian: apt install postgresql redis-server; CHOSEN=1: those that CI runs)
	@TEST_SERVICES=1 exec .venv/bin/python -m pytest -n auto --maxprocesses 4 -m "(not slow and not browser) or services" \
		$(if $(CHOSEN),$(SERVICE_TESTS_CHOSEN),$(SERVICE_TESTS)) $(ARGS)

test-cluster: install-dev ## four machines on this one, all killed in turn, also needs nginx (minutes; CLUSTER_VIDEOS=40 CLUSTER_EXPORTS=10)
	@TEST_SERVICES=1 CLUSTER_VIDEOS=$(or $(CLUSTER_VIDEOS),8) exec .venv/bin/python -m pytest -n 0 tests/cluster/test_several_machines.py $(ARGS)

install: ## make .venv and install what the product needs
	@./scripts/install

install-dev: ## the same with what the tests need
	@./scripts/install --dev

lint: install-dev ## ruff, the import rules, mypy
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/lint-imports && .venv/bin/python -m mypy

format: install-dev ## let ruff put the code in order
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

lock: install ## compile the pinned requirements from the .in files (kept to Python 3.11, run on 3.11 and 3.12)
	@.tools/bin/uv pip compile -q --upgrade --python-version 3.11 --no-emit-index-url --no-annotate --no-header --override overrides.txt requirements.in -o requirements.txt
	@.tools/bin/uv pip compile -q --upgrade --python-version 3.11 --no-emit-index-url --no-annotate --no-header requirements-dev.in -o requirements-dev.txt

audit: install ## look for known holes in the requirements; says so and passes where the list cannot be reached
	@./scripts/audit

sbom: install ## write sbom.json, the bill of materials (CycloneDX) of what the product runs on
	@.tools/bin/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements requirements.txt --output-reproducible --of JSON -o sbom.json
	@echo "Written: sbom.json"

clean: ## remove the virtual environment and the tools (never the data)
	@rm -rf .venv .tools
