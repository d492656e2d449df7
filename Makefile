# Two commands for everybody: `make demo` and `make test`. `make check` is what every change has to pass.
# Each sets up .venv first when it has to; nothing else is installed on the machine.

PYTHON ?= python3
BIN := .venv/bin
CODE := src tests tools benchmarks hatch_build.py
PYTEST := $(BIN)/python -m pytest -n 3 --dist worksteal

# Images of Python often keep it from storing what it compiled; hundreds of processes would compile all of it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test check lint format messages lock clean

setup:  ## Prepare .venv from the hashed locks, and nothing else
	@$(PYTHON) tools/environment.py

demo: setup  ## Make a city with departments and data, run the whole chain, keep the portal up
	@$(BIN)/hefu demo

test: setup  ## Run the tests
	$(PYTEST) $(TESTS)

lint: setup  ## The linters and the house rules
	@$(BIN)/python tools/lint.py

check: setup  ## Everything a change has to pass: the linters, then the tests, whatever the linters say
	@$(BIN)/python tools/lint.py; linted=$$?; $(PYTEST); tested=$$?; \
	[ $$linted = 0 ] || echo "The linters found something; see above the tests."; \
	[ $$linted = 0 ] && [ $$tested = 0 ]

format: setup  ## Put the code in order
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

messages: setup  ## Add sentences that wait for their Chinese, and compile what is there
	$(BIN)/python tools/messages.py --add --compile

lock: setup  ## Resolve both locks again
	$(BIN)/python tools/locks.py

clean:  ## Remove what was made here, but for data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dist src/hefu/portal/static/vendor tests/vendor
