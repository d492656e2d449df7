# Two commands for everybody: `make demo` and `make test`. `make check` is what every change has to pass.
# Each sets up .venv first when it has to; nothing else is installed on the machine.

PYTHON ?= python3
BIN := .venv/bin
CODE := src tests tools benchmarks hatch_build.py

# Checks load the settings; they must neither look for a database nor make a key.
CHECK_ENV := HEFU_DATABASE_URL=postgresql://nobody@127.0.0.1:1/none HEFU_HOME=.work/home \
	HEFU_MASTER_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= DJANGO_SETTINGS_MODULE=hefu.site.settings

.PHONY: setup demo test check lint format messages lock clean

setup:  ## Prepare .venv from the hashed locks, and nothing else
	@$(PYTHON) tools/environment.py

demo: setup  ## Make a city with departments and data, run the whole chain, keep the portal up
	@$(BIN)/hefu demo

test: setup  ## Run the tests
	$(BIN)/python -m pytest -n 2 $(TESTS)

check: setup lint test  ## Everything a change has to pass

lint: setup  ## The linters and the house rules
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(CHECK_ENV) $(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry src
	$(BIN)/codespell src tests tools docs changelog.d *.md *.toml
	$(CHECK_ENV) $(BIN)/python -m django makemigrations --check --dry-run
	$(CHECK_ENV) HEFU_HTTPS=yes $(BIN)/python -m django check --deploy --fail-level WARNING
	$(BIN)/python tools/messages.py
	$(BIN)/python tools/house.py

format: setup  ## Put the code in order
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

messages: setup  ## Add sentences that wait for their Chinese, and compile what is there
	$(BIN)/python tools/messages.py --add --compile

lock: setup  ## Resolve both locks again
	$(BIN)/python tools/locks.py

clean:  ## Remove what was made here, but for data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dist src/hefu/portal/static/vendor tests/vendor
