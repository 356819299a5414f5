# Every target sets up what it needs. Python 3.11 or newer is all you need to have.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# For check and diff: text, or github and markdown in a workflow.
FORMAT := text
# For diff and look: a git revision.
REV :=
# For accept: the release that dist/ must be, and the dist/ of the one before it.
VERSION :=
BEFORE :=
# For fuzz: what to feed, and for how long.
TARGET := markdown
SECONDS := 600
# What versions are installed; for the newest: make CONSTRAINTS=/dev/null test
CONSTRAINTS := constraints.txt
MATHJAX := src/ankibuild/typeset/mathjax
MATHJAX_CODE := loader core adaptors/liteDOM input/tex-full output/chtml output/chtml/fonts/tex

.PHONY: help build check fmt diff serve site verify test lint look look-anki packages before news accept links wheel coverage bench curve fuzz reference media clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*##/  make \1	/p' $(MAKEFILE_LIST)

build: $(VENV)/.build  ## the decks, into dist/
	$(BIN)/ankibuild build

check: $(VENV)/.build  ## everything that is wrong with the questions
	$(BIN)/ankibuild check --format $(FORMAT)

fmt: $(VENV)/.build  ## lay the questions out in one way
	$(BIN)/ankibuild fmt

diff: $(VENV)/.build  ## what a learner would get that was not there at REV=...
	@$(BIN)/ankibuild diff --format $(FORMAT) $(REV)

serve: $(VENV)/.build  ## the cards in your browser, as you write them
	$(BIN)/ankibuild serve

site: $(VENV)/.build  ## the cards as web pages, into dist/site/
	$(BIN)/ankibuild export site

verify: $(VENV)/.verify  ## run the programs and checks of all questions
	$(BIN)/ankibuild verify --strict --report

coverage: $(VENV)/.build  ## how many items of the curriculum have questions
	$(BIN)/ankibuild coverage

test: lint  ## every test
	$(BIN)/pytest --numprocesses auto --dist loadfile

lint: $(VENV)/.test
	$(BIN)/ruff check src tests media/src bench
	$(BIN)/ruff format --check src tests media/src bench
	$(BIN)/mypy
	$(BIN)/ankibuild fmt --check
	$(BIN)/lint-imports --no-cache

look: $(VENV)/.test  ## cards of every kind in Anki's own page, into dist/look/
	$(BIN)/python tests/look.py $(if $(REV),--changed $(REV))

look-anki: $(VENV)/.test  ## the same in the real Anki, by hand: docs/looking.md
	$(BIN)/python tests/look_anki.py

packages: build  ## built twice and compared, with dist/SHA256SUMS
	@rm -rf build/again
	@$(BIN)/ankibuild build --dist build/again >/dev/null
	cd dist && sha256sum *.apkg parts/*.apkg > SHA256SUMS
	cd build/again && sha256sum --check --quiet ../../dist/SHA256SUMS

before:  ## the packages of the release before HEAD, as it built them, into build/before/dist/
	@rm -rf build/before && git worktree prune
	@if tag=$$(git describe --tags --abbrev=0 --match 'v*' HEAD^ 2>/dev/null); then \
		git worktree add --quiet --detach build/before "$$tag" && $(MAKE) -C build/before build; \
	else \
		echo "nothing was released before" && mkdir -p build/before/dist; \
	fi

news: $(VENV)/.build  ## what the release VERSION=... brought
	@$(BIN)/ankibuild news $(VERSION)

accept: $(VENV)/.test  ## import dist/ into the real Anki, alone and over BEFORE=...
	$(BIN)/python tests/accept.py dist $(if $(VERSION),--version $(VERSION)) $(if $(BEFORE),--before $(BEFORE))

links: $(VENV)/.test  ## follow the links of all sources
	$(BIN)/python tests/links.py

wheel: $(VENV)/.build  ## the tool with all it needs, into dist/
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

bench: $(VENV)/.build  ## how long it all takes, beside genanki: docs/performance.md
	$(BIN)/python bench/speed.py

curve: $(VENV)/.build  ## how time and memory grow with the decks: docs/performance.md
	$(BIN)/python bench/curve.py

fuzz: $(VENV)/.test  ## look for what breaks a law, by hand: TARGET=bank SECONDS=600
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check atheris
	cd tests && ../$(BIN)/python -m fuzz $(TARGET) $(SECONDS)

reference: $(VENV)/.build  ## docs/format.md, docs/rules.md and the schemas, from the code
	$(BIN)/python -m ankibuild.reference docs

media: $(VENV)/.media  ## draw the figures again and record their numbers
	for program in $$(grep -l '^def main' media/src/*.py); do $(BIN)/python $$program || exit 1; done
	$(BIN)/python media/src/check_records.py

clean:  ## remove what make made
	rm -rf $(VENV) .ankibuild build dist node_modules $(MATHJAX)

$(VENV)/.build: pyproject.toml constraints.txt | $(MATHJAX)/package.json
	@echo "setting up $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable .
	@touch $@

# The MathJax that Anki has comes from npm, and no git repository should carry it. The package takes
# it from here, and a wheel takes it along. Without npm all else works; `check` says what it left out.
$(MATHJAX)/package.json: package.json package-lock.json
	@if command -v npm >/dev/null; then \
		{ echo "installing MathJax (once)" && \
		npm ci --silent --ignore-scripts --no-audit --no-fund && \
		mkdir -p $(MATHJAX)/fonts && \
		cd node_modules/mathjax && \
		cp LICENSE $(MATHJAX_CODE:%=es5/%.js) package.json ../../$(MATHJAX)/ && \
		cp es5/output/chtml/fonts/woff-v2/*.woff ../../$(MATHJAX)/fonts/ && \
		touch ../../$@; } || echo "MathJax could not be installed: formulas will not be typeset"; \
	fi

# PyPI's PyTorch for Linux brings CUDA along; PIP_EXTRA_INDEX_URL can name PyTorch's CPU index.
$(VENV)/.verify: $(VENV)/.build
	@echo "installing NumPy and PyTorch (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.[verify]'
	@touch $@

$(VENV)/.media: $(VENV)/.verify media/src/requirements.txt
	@echo "installing what draws (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --requirement media/src/requirements.txt
	@touch $@

$(VENV)/.test: $(VENV)/.verify tests/requirements.txt
	@echo "installing what tests (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --requirement tests/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --no-deps aqt
	@touch $@
