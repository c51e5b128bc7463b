# The project's commands. Each installs what it needs first, and does nothing twice.

VENV := .venv
PYTHON := $(VENV)/bin/python
SOURCES := pyproject.toml clients/python/pyproject.toml hatch_build.py scripts/install $(wildcard locks/*.txt locks/prism/*.json) \
  $(wildcard sandbox/runner/*.go sandbox/adversary/probe/* gateway/edge/door/program/*.go)
# The generator is old on purpose, so that what it writes loads on protobuf 5.29 and later; it needs an environment of its own.
PROTOS_VENV := .venv-protos
GENERATED := clients/python/src
LOCK_VENV := .venv-lock

.PHONY: help demo test check check-fuzz bench first-hour protos reference docs up try lock sbom image release-image local-base clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo          an agent's calls in boxes, on real parts, from nothing to clean
demo: $(VENV)/installed
	$(PYTHON) -m examples.demo $(DEMO)

## make up            Redis, Vault, a container engine if none runs, and the gateway, until Ctrl-C; UP=… for options of `callgate up`
up: $(VENV)/installed
	$(VENV)/bin/callgate up --allow-private 127.0.0.0/8 $(UP)

## make try           with `make up` in another terminal: an example API, its secret, its tools, and a call
try: $(VENV)/installed
	exec env PATH="$(abspath $(VENV)/bin):$$PATH" scripts/try

## make test          every test, room by room; TESTS=… for words of pytest's own
test: $(VENV)/installed-test
	$(PYTHON) -m $(if $(TESTS),pytest $(TESTS),tests)

## make check         lint, types, room rules (and that they bite), the figures of the house, generated code current, the docs
check: $(VENV)/installed-check $(PROTOS_VENV)/installed
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PYTHON) -m scripts.seeded_violations
	$(PYTHON) -m scripts.house
	$(PYTHON) scripts/protos.py --check $(PROTOS_VENV)/bin/python
	$(PYTHON) -m scripts.typescript_protos --check $(PROTOS_VENV)/bin/python
	$(PYTHON) -m scripts.vectors --check
	$(PYTHON) -m scripts.node_environment run check --silent
	$(PYTHON) -m scripts.proto_changes
	$(PYTHON) -m scripts.reference --check
	$(PYTHON) -m scripts.site

## make check-fuzz    a minute of coverage-guided fuzzing of what strangers' bytes reach first; FUZZ_SECONDS=… for longer
check-fuzz: $(VENV)/installed-fuzz
	$(PYTHON) -m tests.fuzz --seconds $(or $(FUZZ_SECONDS),60)

## make bench B=NAME  run benchmarks/NAME.py; one JSON line a figure
bench: $(VENV)/installed-bench
	@$(PYTHON) -m benchmarks.$(B)

## make first-hour    the likeliest mistakes of a new user, and whether what is printed cures them; MISTAKE='…' for those with these words
first-hour: $(VENV)/installed-test
	@$(PYTHON) -m scripts.first_hour $(MISTAKE)

## make protos        generate the SDKs' code from proto/
protos: $(PROTOS_VENV)/installed $(VENV)/installed-test
	python3 scripts/protos.py $(PROTOS_VENV)/bin/python
	$(PYTHON) -m scripts.typescript_protos $(PROTOS_VENV)/bin/python

## make reference     write the reference pages of docs/, and the pictures, again
reference: $(VENV)/installed
	$(PYTHON) -m scripts.reference

## make docs          the documentation as a site, build/site/index.html; a link that leads nowhere fails
docs: $(VENV)/installed-docs
	$(PYTHON) -m scripts.site
	@echo build/site/index.html

## make lock          write the lock files again; UPGRADE=1 for the newest versions that fit
lock: $(LOCK_VENV)/installed
	$(LOCK_VENV)/bin/python -m scripts.lock $(if $(UPGRADE),--upgrade) $(LOCK_VENV)/bin/uv

## make sbom          write dist/callgate.cdx.json: all that a gateway is made of, as CycloneDX
sbom: $(VENV)/installed
	@mkdir -p dist
	$(PYTHON) -m scripts.sbom >dist/callgate.cdx.json
	@echo dist/callgate.cdx.json

## make image         the gateway's image, callgate-gateway; BASE=… for another base
image:
	docker build $(if $(BASE),--build-arg BASE=$(BASE)) --tag callgate-gateway .

## make release-image BASE=NAME@sha256:…   the same for others to run: its base is named by what is in it
release-image:
	@case '$(BASE)' in *@sha256:????????????????????????????????????????????????????????????????) ;; \
	  *) echo 'callgate: BASE=NAME@sha256:… is needed: docker pull NAME; docker inspect -f "{{index .RepoDigests 0}}" NAME' >&2; exit 2 ;; esac
	docker build --build-arg BASE=$(BASE) --tag callgate-gateway .

## make local-base    a base for it, where no registry can be reached: make image BASE=callgate-base
local-base:
	scripts/base-image callgate-base

## make clean         remove what the commands above left in this directory
clean:
	rm -rf $(VENV) $(PROTOS_VENV) $(LOCK_VENV) .demo dist build clients/typescript/node_modules clients/typescript/dist gateway/edge/door/program/callgate-door sandbox/runner/callgate-runner sandbox/adversary/callgate-probe

$(VENV)/installed: $(SOURCES)
	scripts/install $(VENV)
	@touch $@

$(VENV)/installed-test: $(SOURCES)
	scripts/install $(VENV) test
	@touch $@

$(VENV)/installed-check: $(SOURCES)
	scripts/install $(VENV) test check docs
	@touch $@

$(VENV)/installed-docs: $(SOURCES)
	scripts/install $(VENV) docs
	@touch $@

$(VENV)/installed-fuzz: $(SOURCES)
	scripts/install $(VENV) test fuzz
	@touch $@

$(VENV)/installed-bench: $(SOURCES)
	@scripts/install $(VENV) test bench embeddings >&2
	@touch $@

$(PROTOS_VENV)/installed: locks/protos.txt
	python3 -m venv $(PROTOS_VENV)
	$(PROTOS_VENV)/bin/python -m pip install --quiet --require-hashes --requirement $<
	@touch $@

$(LOCK_VENV)/installed: locks/lock.txt
	python3 -m venv $(LOCK_VENV)
	$(LOCK_VENV)/bin/python -m pip install --quiet --require-hashes --requirement $<
	@touch $@
