# Every target sets up what it needs. Python 3.11 or newer is all you need to have.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help build check verify test lint coverage reference media clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*##/  make \1	/p' $(MAKEFILE_LIST)

build: $(VENV)/.build  ## the decks, into dist/
	$(BIN)/ankibuild build

check: $(VENV)/.build  ## everything that is wrong with the questions
	$(BIN)/ankibuild check

verify: $(VENV)/.verify  ## run the programs and checks of all questions
	$(BIN)/ankibuild verify --strict --report

coverage: $(VENV)/.build  ## which items of the curriculum have questions
	$(BIN)/ankibuild coverage

test: lint  ## every test
	$(BIN)/pytest --numprocesses auto --dist loadfile

lint: $(VENV)/.test
	$(BIN)/ruff check src tests media/src bench
	$(BIN)/ruff format --check src tests media/src bench
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

reference: $(VENV)/.build  ## docs/format.md and docs/rules.md, from the code
	$(BIN)/python -m ankibuild.reference docs

media: $(VENV)/.media  ## draw the figures again and record their numbers
	for program in $$(grep -l '^def main' media/src/*.py); do $(BIN)/python $$program || exit 1; done
	$(BIN)/python media/src/check_records.py

clean:  ## remove what make made
	rm -rf $(VENV) dist

$(VENV)/.build: pyproject.toml constraints.txt
	@echo "setting up $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

# PyPI's PyTorch for Linux brings CUDA along; PIP_EXTRA_INDEX_URL can name PyTorch's CPU index.
$(VENV)/.verify: $(VENV)/.build
	@echo "installing NumPy and PyTorch (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[verify]'
	@touch $@

$(VENV)/.media: $(VENV)/.verify media/src/requirements.txt
	@echo "installing what draws (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --requirement media/src/requirements.txt
	@touch $@

$(VENV)/.test: $(VENV)/.verify tests/requirements.txt
	@echo "installing what tests (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --requirement tests/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-deps aqt
	@touch $@
