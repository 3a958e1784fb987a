# Two commands for everybody: `make demo` shows what regexplore does, `make test` checks it.
# The others are for maintainers. Each target makes its own virtual environment and installs what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test coverage lint docs bench interop load fuzz release audit-dependencies clean

help:
	@echo "make demo     start a sandbox registry, look at it, open the notebooks (NO_LAB=1: stop after the files)"
	@echo "make test     run all tests; with Debian's docker-registry, skopeo, Chromium and Go where they can be had"
	@echo "make lint     ruff, mypy --strict, import-linter"
	@echo "make docs     build the documentation into docs/_build/html"
	@echo "make bench    measure against peers, side by side, and write docs/benchmarks.md (QUICK=1: less; ONLY=tags_detail)"
	@echo "make coverage make test, and which branches no test takes"
	@echo "make load     100,000 requests of one client on 64 threads, and the sandbox under wrk"
	@echo "make fuzz     search for inputs that parsers do not expect (SECONDS=60 for each)"
	@echo "make release  sdist, wheel, SBOM and digests into dist, built twice and compared"
	@echo "make audit-dependencies  known vulnerabilities of what is needed"
	@echo "make interop  only the tests against registries and tools that are not ours"

# A stamp for each set of extras, renewed when the project file changes.
$(VENV)/.made:
	@.ci/make-venv "$(PYTHON)" "$(VENV)"
	@touch $@

$(VENV)/.%-installed: $(VENV)/.made pyproject.toml
	@echo "installing regexplore[$*] into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[$*]"
	@touch $@

demo: $(VENV)/.demo-installed
	@.ci/system-packages graphviz
	@$(BIN)/regexplore demo $(if $(NO_LAB),--no-lab)

test: $(VENV)/.test-installed
	@.ci/system-packages graphviz chromium docker-registry skopeo umoci debootstrap apache2-utils
	@$(BIN)/python tests/support/tools.py install
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

lint: $(VENV)/.lint-installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(VENV)/.docs-installed
	@.ci/system-packages graphviz
	@$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	@$(BIN)/python docs/check.py docs/_build/html
	@echo "open docs/_build/html/index.html"

bench: $(VENV)/.test-installed
	@.ci/system-packages docker-registry skopeo umoci debootstrap graphviz curl libarchive-tools openssl
	@$(BIN)/python tests/support/tools.py install
	@$(BIN)/python tests/bench/run.py $(if $(QUICK),--size quick) $(ONLY)

interop: $(VENV)/.test-installed
	@.ci/system-packages docker-registry skopeo umoci debootstrap apache2-utils
	@$(BIN)/python tests/support/tools.py install all
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m interop

coverage: $(VENV)/.test-installed
	@.ci/system-packages graphviz chromium docker-registry skopeo umoci debootstrap apache2-utils
	@$(BIN)/python tests/support/tools.py install
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --cov --cov-report=
	@$(BIN)/python .ci/coverage.py

load: $(VENV)/.test-installed
	@.ci/system-packages wrk
	@REGEXPLORE_LOAD=100000 $(BIN)/python -m pytest tests/load -q -s

fuzz: $(VENV)/.test-installed
	@REGEXPLORE_FUZZ_SECONDS=$(or $(SECONDS),60) $(BIN)/python -m pytest -n $(WORKERS) tests/fuzz -q

release: $(VENV)/.release-installed
	@$(BIN)/python .ci/release.py dist

audit-dependencies: $(VENV)/.release-installed
	@.ci/audit-dependencies $(BIN)/python

clean:
	rm -rf $(VENV) .cache build dist docs/_build docs/generated docs/notebooks .pytest_cache .mypy_cache .ruff_cache .hypothesis demo-output
