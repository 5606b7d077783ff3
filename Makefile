# Everything happens inside .venv of this folder; nothing else on the machine is touched.
# Needs Python 3.11 or newer (with its venv module) and make.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
REQUIREMENTS := requirements/dev.txt
PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile
TOOLS := $(VENV)/.tools
BENCHMARKS := $(wildcard benchmarks/speed/run.py benchmarks/speed/client.py benchmarks/quality/calibration.py benchmarks/quality/interval_coverage.py)
PAGE := $(shell find ui -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: demo test test-all bench lint format docs screenshots lock clean help

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

demo: $(INSTALLED) ## a live fleet of models, with faults to set off
	$(BIN)/leadline demo

test: $(INSTALLED) $(TOOLS) ## the tests of a working day
	$(PYTEST) -m "not long" $(ARGS)

test-all: $(INSTALLED) $(TOOLS) ## every test, the long ones too
	$(PYTEST) $(ARGS)

bench: $(INSTALLED) ## speed and quality, with ratios
	set -e; for script in $(BENCHMARKS); do $(BIN)/python $$script $(ARGS); done

lint: $(INSTALLED) $(TOOLS) ## style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy --config-file client/pyproject.toml
	$(BIN)/python hatch_build.py lint

format: $(INSTALLED) ## rewrite in the house's style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(INSTALLED) ## regenerate docs/reference
	$(BIN)/python docs/generate.py

screenshots: $(INSTALLED) ## every view of the page, light and dark, into build/screenshots
	$(BIN)/python ui/screenshots.py $(ARGS)

# Versions and hashes only: no index and no path gets into the file.
lock: $(INSTALLED) ## choose newest versions of the development tools
	$(BIN)/uv pip compile --quiet pyproject.toml --group dev --extra arrow --upgrade --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links --output-file $(REQUIREMENTS)

clean: ## remove what was built; the next target sets everything up again
	rm -rf $(VENV) dist build demo ui/dist ui/node_modules src/leadline/reports/page src/leadline/server/page src/leadline/native .pytest_cache .mypy_cache \
		.ruff_cache .hypothesis

# The first of these that is new enough.
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11 python
$(BIN)/python:
	@python="$(PYTHON)"; for candidate in $(PYTHONS); do \
		[ -z "$$python" ] || break; \
		$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && python=$$candidate; \
	done; \
	[ -n "$$python" ] || { echo "make: Leadline needs Python 3.11 or newer; name one with PYTHON=" >&2; exit 1; }; \
	$$python -m venv $(VENV) || { rm -rf $(VENV); \
		echo "make: $$python cannot make a virtual environment; install its venv module" \
			"(Debian: apt-get install python3-venv)" >&2; exit 1; }

$(VENV)/.requirements: $(REQUIREMENTS) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(REQUIREMENTS)
	@touch $@

$(INSTALLED): $(VENV)/.requirements pyproject.toml client/pyproject.toml $(wildcard hatch_build.py) $(PAGE) $(wildcard native/*)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable . --editable client
	@touch $@

# Node.js as the build of the pages takes it, the same for everybody; no build needs these tools.
$(TOOLS): ui/package-lock.json hatch_build.py | $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$($(BIN)/python hatch_build.py node)"
	$(BIN)/python hatch_build.py tools
	@touch $@
