# Everything here works on a fresh machine with Python 3.11+ and make: each target builds what it needs first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
LOWEST := .venv-lowest
BENCH  := .venv-bench
MUTATE := .venv-mutate
SHOTS  := .venv-screenshots
PIP    := -m pip install --quiet --disable-pip-version-check
# The first pip that installs dependency groups.
UPGRADE := $(PIP) --upgrade 'pip>=25.1'

# Container images turn the cache of bytecode off: each worker and each subprocess would compile what it imports.
export PYTHONDONTWRITEBYTECODE :=

# Most tests wait for sockets and processes. `make test` runs two targets at a time, each with a worker per core.
CORES   := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
WORKERS ?= $(CORES)
PYTEST  := -m pytest --quiet --numprocesses=$(WORKERS) --dist=loadgroup
# The versions of Python that the core is tested with.
PYTHONS    ?= 3.11 3.12 3.13 3.14

# A shell command that prints an interpreter of $$version, if the machine has one.
FIND_PYTHON := for candidate in python$$version $$HOME/.pyenv/versions/$$version.*/bin/python; do \
	"$$candidate" -c '' 2>/dev/null && echo "$$candidate" && break; done
# The version that `make test` runs on.
OWN = $(shell $(BIN)/python -c 'import sys; print(f"{sys.version_info[0]}.{sys.version_info[1]}")')
# The first version with eager tasks that the machine has.
EAGER = $(shell for version in $(filter-out 3.11,$(PYTHONS)); do found=$$($(FIND_PYTHON)); \
	if [ -n "$$found" ]; then echo $$version; break; fi; done)

# Two targets run at a time. Each prints its output in one piece, where make can do that (GNU make 4.0).
TOGETHER := --no-print-directory --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

# Long tables of cases that reach no further branch of the core: measuring coverage would only slow them down.
TABLES := tests/faults/test_feeds.py tests/faults/test_matrix.py tests/faults/test_secrets.py

# The tests of the core, which must reach its every branch. Only these run with coverage, which slows them down.
CORE_TESTS := tests/models tests/wire tests/transport tests/polling tests/resources tests/sync tests/contract $(filter-out $(TABLES),$(wildcard tests/faults/test_*.py)) tests/structure/test_names.py tests/test_aioresponses.py tests/test_autospec.py tests/test_base_model.py tests/test_errors.py tests/test_frames.py tests/test_keywords.py tests/test_numeric.py tests/test_proxies.py tests/test_running_loop.py tests/test_secret.py tests/test_settings.py tests/test_testing.py

# The tests of what a release publishes beside the code. They build it, and install it into new environments.
PACKAGE_TESTS := tests/docs/test_site.py tests/github tests/test_dockerfile.py tests/test_packaging.py

# The tests of the SDK, its commands and its integrations that run on the emulator.
EMULATOR_TESTS := tests/contract tests/cli tests/declarative/planning tests/declarative/test_properties.py tests/examples tests/faults/test_reconciliation.py tests/faults/test_stateful.py tests/observability tests/sync/test_client.py tests/test_frames.py tests/test_readme.py tests/test_testing.py

# The tests whose subject is the order of events: the core without its data, and without the long tables of faults.
LOOP_TESTS := tests/transport tests/polling tests/sync tests/contract/test_runs.py tests/contract/test_events.py $(filter-out tests/faults/test_matrix.py,$(wildcard tests/faults/test_*.py))
# They run their code in other processes, where the loop is asyncio's own.
OTHER_PROCESSES := --ignore=tests/transport/test_token_cache_processes.py --ignore=tests/transport/test_fork_endings.py --ignore=tests/transport/test_fork_imports.py --deselect=tests/sync/test_programs.py::test_client_in_a_separate_process

.PHONY: help setup demo test package quick gates check types mypy pyright unit core others loops uvloop eager pythons lowest bench figures soak mutate orders conformance integrations generate docs screenshots format clean

help:  ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Build the environment in .venv

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11 ...")'
	@echo "Setting up $(VENV), once."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(UPGRADE)
	@$(BIN)/python $(PIP) --group dev --editable '.[all]'
	@touch $@

demo: $(STAMP)  ## Walk through the tutorial against an emulator on this machine
	@$(BIN)/warehouse-sync demo

# The lowest dependencies have no wheels for Python 3.13 and later.
HAS_LOWEST = $(shell $(BIN)/python -c 'import sys; print("yes" if sys.version_info < (3, 13) else "")')

test: $(STAMP)  ## Run every check, and every test of the code
	@$(MAKE) $(TOGETHER) gates others core loops $(if $(HAS_LOWEST),lowest)
	@$(if $(HAS_LOWEST),,echo "Not run on this Python: make lowest, whose dependencies need Python 3.12 or earlier.")

package: $(STAMP)  ## Build and test the wheel, the image, the GitHub action, the hooks and the site
	$(BIN)/python $(PYTEST) $(PACKAGE_TESTS)

quick: $(STAMP)  ## Check the style, and run the tests of what changed since main
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python $(PYTEST) $$($(BIN)/python tests/support/changed.py)

gates: types check

check: $(STAMP)  ## Check style, spelling, security, and that the blocking client is up to date
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell
	$(BIN)/python -m warehouse_sync.tools.generate_sync --check
	$(BIN)/python -m warehouse_sync.tools.generate_command_pages --check
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive warehouse_sync
	@$(BIN)/python tests/support/audit.py

types: mypy pyright  ## Check the types

mypy: $(STAMP)
	$(BIN)/mypy

pyright: $(STAMP)
	$(BIN)/pyright

unit: $(STAMP)  ## Run the tests, and check that they reach every branch of the core
	@$(MAKE) $(TOGETHER) others core

core: $(STAMP)
	$(BIN)/coverage erase
	$(BIN)/python $(PYTEST) -p tests.support.coverage_start $(CORE_TESTS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=100

others: $(STAMP)
	$(BIN)/python $(PYTEST) $(addprefix --ignore=,$(CORE_TESTS) $(PACKAGE_TESTS))

loops: uvloop eager  ## Run the tests whose subject is the event loop on uvloop, and with eager tasks

uvloop: $(STAMP)  ## Run the tests of the event loop on uvloop
	$(BIN)/python $(PYTEST) -p tests.support.on_uvloop $(OTHER_PROCESSES) $(LOOP_TESTS)

eager:  ## Run the tests of the event loop with eager tasks, which Python 3.12 added
	@version=$(EAGER); \
	if [ -z "$$version" ]; then echo "NOT TESTED with eager tasks, because this machine has no Python of 3.12 or later"; \
	else $(MAKE) --no-print-directory .venv-$$version/.ready INTERPRETER="$$($(FIND_PYTHON))" && \
		.venv-$$version/bin/python $(PYTEST) -p tests.support.eager_tasks $(OTHER_PROCESSES) $(LOOP_TESTS); fi

pythons: $(STAMP)  ## Run the tests of the core on the other Pythons of this machine, with eager tasks where they have them
	@missing=; for version in $(filter-out $(OWN),$(PYTHONS)); do found=$$($(FIND_PYTHON)); \
		if [ -z "$$found" ]; then missing="$$missing $$version"; \
		else $(MAKE) --no-print-directory python-$$version INTERPRETER=$$found || exit; fi; done; \
		if [ -n "$$missing" ]; then echo "NOT TESTED, because this machine does not have it: Python$$missing"; fi

python-%: .venv-%/.ready
	.venv-$*/bin/python $(PYTEST) $(if $(filter 3.11,$*),,-p tests.support.eager_tasks) $(CORE_TESTS) $(TABLES) tests/structure

.PRECIOUS: .venv-3.%/.ready

.venv-3.%/.ready: pyproject.toml
	@echo "Setting up $(@D), once."
	@$(INTERPRETER) -m venv $(@D)
	@$(@D)/bin/python $(UPGRADE)
	@$(@D)/bin/python $(PIP) --group test --editable '.[all]'
	@touch $@

# The dependencies have no part in how processes share the token cache.
lowest: $(LOWEST)/.ready  ## Run the tests of the core with the lowest dependencies
	$(LOWEST)/bin/python $(PYTEST) --ignore=tests/transport/test_token_cache_processes.py tests/models tests/wire tests/transport tests/resources tests/polling tests/sync tests/observability tests/faults/test_idle_connections.py

$(LOWEST)/.ready: pyproject.toml tests/lowest.txt
	@echo "Setting up $(LOWEST), once."
	@$(PYTHON) -m venv $(LOWEST)
	@$(LOWEST)/bin/python $(UPGRADE)
	@$(LOWEST)/bin/python $(PIP) --constraint tests/lowest.txt --group test --editable '.[all]'
	@touch $@

bench: $(BENCH)/.generated  ## Compare the SDK with its alternatives (about 20 minutes)
	$(BENCH)/bin/python benchmarks/run.py $(ARGS)

figures: $(STAMP)  ## Write the figures of the last benchmark into the documentation
	@$(BIN)/python benchmarks/figures.py

$(BENCH)/.generated: $(BENCH)/.ready benchmarks/generate_client.py warehouse_sync/emulator/openapi/*.py
	@$(BENCH)/bin/python benchmarks/generate_client.py
	@touch $@

$(BENCH)/.ready: pyproject.toml benchmarks/requirements.txt
	@echo "Setting up $(BENCH), once."
	@$(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python $(PIP) --requirement benchmarks/requirements.txt --editable '.[all]'
	@touch $@

soak: $(STAMP)  ## Run hundreds of thousands of calls through random faults, and fuzz the readers (minutes; SEED=n repeats a run)
	$(BIN)/python -m pytest -s tests/soak/test_soak.py --soak $(or $(CALLS),300000) $(if $(SEED),--soak-seed $(SEED))
	$(BIN)/python $(PYTEST) --hypothesis-profile=fuzz tests/soak/test_fuzz.py tests/declarative/files/test_hostile.py

mutate: $(MUTATE)/.ready  ## Change the core in small ways, and check that the tests notice (ARGS=transport/token_source limits it)
	$(MUTATE)/bin/python tests/mutation/run.py $(ARGS)

$(MUTATE)/.ready: pyproject.toml tests/mutation/requirements.txt
	@echo "Setting up $(MUTATE), once."
	@$(PYTHON) -m venv $(MUTATE)
	@$(MUTATE)/bin/python $(PIP) --requirement tests/mutation/requirements.txt --editable '.[all]'
	@touch $@

orders: $(STAMP)  ## Run the SDK's tests on emulators that list runs in another order (ORDER=oldest or shuffled; default both)
	@$(MAKE) $(TOGETHER) $(addprefix order-,$(or $(ORDER),oldest shuffled))

order-%: $(STAMP)
	$(BIN)/python $(PYTEST) --run-order $* $(EMULATOR_TESTS)

conformance: $(STAMP) .tools/.ready  ## Compare with Prism, newman and a generated client (needs npm)
	$(BIN)/python $(PYTEST) tests/conformance

.tools/.ready: tests/conformance/package.json tests/conformance/requirements.txt
	@echo "Setting up .tools, once."
	@mkdir -p .tools && cp tests/conformance/package.json .tools/package.json
	@npm install --prefix .tools --no-fund --no-audit --silent
	@$(PYTHON) -m venv .tools/venv
	@.tools/venv/bin/python $(PIP) --requirement tests/conformance/requirements.txt
	@touch $@

integrations:  ## Test the integrations in real Airflow, Dagster and Prefect (about 25 minutes; ARGS=--quick for 5)
	@$(PYTHON) tests/integrations/run.py $(ARGS)

generate: $(STAMP)  ## Write the blocking client, and the pages on commands and SQL
	$(BIN)/python -m warehouse_sync.tools.generate_sync
	$(BIN)/python -m warehouse_sync.tools.generate_command_pages
	$(BIN)/python -m tests.emulator.warehouse.documented.page

docs: $(STAMP)  ## Build the documentation site in build/site, without warnings and broken links
	@$(BIN)/python scripts/build_site.py

screenshots: $(STAMP) $(SHOTS)/.ready  ## Take the pictures of the documentation again; needs a browser
	@$(BIN)/python scripts/screenshots.py $(ARGS)

$(SHOTS)/.ready: scripts/screenshots.txt
	@echo "Setting up $(SHOTS), once."
	@$(PYTHON) -m venv $(SHOTS)
	@$(SHOTS)/bin/python $(PIP) --requirement scripts/screenshots.txt
	@touch $@

format: $(STAMP)  ## Put the code into the project's format
	$(BIN)/ruff check --fix --select I
	$(BIN)/ruff format

clean:  ## Remove what the other targets built
	rm -rf $(VENV) .tools .venv-3.* $(SHOTS) $(LOWEST) $(BENCH) benchmarks/.generated $(MUTATE) .venv-airflow .venv-airflow-oldest .venv-dagster .venv-prefect .venv-dbt .mutation build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .cache
