# The targets that people use: demo, test. The others are for those who change Kilter.
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python -m

.PHONY: demo test test-full check bench soak oracle index contracts docs clean

demo: .venv/runtime
	$(BIN)/kilter demo

test: .venv/dev
	$(RUN) pytest -n 2 -m "not browser and not postgres and not slow and not soak"

# The same rooms on PostgreSQL, the browser, and the checks.
test-full: .venv/dev
	tools/install-peers.sh
	$(MAKE) check
	tools/with-postgres.sh $(RUN) pytest -n 2 -m "not browser and not soak" tests/department tests/server
	$(RUN) pytest -k dcmtk tests/interfaces/dicom
	$(RUN) pytest -n 2 -m "slow and not browser and not postgres and not soak"
	$(RUN) pytest -m browser

check: .venv/dev
	$(BIN)/ruff check src tests benchmarks tools
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy src
	$(BIN)/lint-imports
	$(BIN)/kilter index --check
	$(BIN)/python tools/validation_page.py --check && $(BIN)/python tools/safety_case.py --check

# The big demo is built once, in a quarter of an hour or more; `make clean` takes it away.
bench: .venv/dev oracle var/demo100k/built
	$(RUN) benchmarks.uniformity
	$(RUN) benchmarks.camera
	$(RUN) benchmarks.rejudge
	$(RUN) benchmarks.pages
	$(RUN) benchmarks.importing
	tools/with-postgres.sh $(RUN) benchmarks.scale
	$(RUN) benchmarks.decay

var/demo100k/built:
	$(BIN)/kilter demo --devices 100000 --years 5 --no-serve --home var/demo100k
	touch $@

soak: .venv/dev
	$(RUN) pytest -m soak

oracle:
	tools/oracle.sh

index: .venv/dev
	$(BIN)/kilter index

# The pages of the documentation that are written from the code.
docs: .venv/dev
	$(BIN)/python tools/validation_page.py
	$(BIN)/python tools/safety_case.py

# What others script against, written again into tests/: read the diff, and check each figure by hand.
contracts: .venv/dev
	$(BIN)/python tools/write_contracts.py

# Exactly the listed versions, checked by hash; the list holds no addresses.
.venv/runtime: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -x $(BIN)/uv || $(BIN)/pip install --quiet uv
	test -f .venv/dev || $(BIN)/uv pip sync --quiet --require-hashes requirements.txt
	$(BIN)/uv pip install --quiet --no-deps -e .
	touch $@

.venv/dev: requirements-dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -x $(BIN)/uv || $(BIN)/pip install --quiet uv
	$(BIN)/uv pip sync --quiet --require-hashes requirements-dev.txt
	$(BIN)/uv pip install --quiet --no-deps -e .
	touch $@ .venv/runtime

clean:
	rm -rf .venv var .oracle
