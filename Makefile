# The project's commands. Each installs what it needs first, and does nothing twice.

VENV := .venv
PYTHON := $(VENV)/bin/python
SOURCES := pyproject.toml clients/python/pyproject.toml hatch_build.py scripts/install $(wildcard sandbox/runner/*.go sandbox/adversary/probe/*)
# The generator is old on purpose, so that what it writes loads on protobuf 5.29 and later; it needs an environment of its own.
PROTOS_VENV := .venv-protos
GENERATED := clients/python/src

.PHONY: help demo test check check-fuzz bench protos image local-base clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo          an agent's calls in boxes, on real parts, from nothing to clean
demo: $(VENV)/installed
	$(PYTHON) -m examples.demo $(DEMO)

## make test          every test
test: $(VENV)/installed-test
	$(PYTHON) -m pytest $(TESTS)

## make check         lint, types, room rules (and that they bite), the figures of the house, generated code current
check: $(VENV)/installed-check $(PROTOS_VENV)/installed
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PYTHON) -m scripts.seeded_violations
	$(PYTHON) -m scripts.house
	$(PYTHON) scripts/protos.py --check $(PROTOS_VENV)/bin/python

## make check-fuzz    a minute of coverage-guided fuzzing of what strangers' bytes reach first; FUZZ_SECONDS=… for longer
check-fuzz: $(VENV)/installed-fuzz
	$(PYTHON) -m tests.fuzz --seconds $(or $(FUZZ_SECONDS),60)

## make bench B=NAME  run benchmarks/NAME.py; one JSON line a figure
bench: $(VENV)/installed-bench
	@$(PYTHON) -m benchmarks.$(B)

## make protos        generate the SDK's code from proto/
protos: $(PROTOS_VENV)/installed
	python3 scripts/protos.py $(PROTOS_VENV)/bin/python

## make image         the gateway's image, callgate-gateway; BASE=… for another base
image:
	docker build $(if $(BASE),--build-arg BASE=$(BASE)) --tag callgate-gateway .

## make local-base    a base for it, where no registry can be reached: make image BASE=callgate-base
local-base:
	scripts/base-image callgate-base

## make clean         remove what the commands above left in this directory
clean:
	rm -rf $(VENV) $(PROTOS_VENV) .demo dist build sandbox/runner/callgate-runner sandbox/adversary/callgate-probe

$(VENV)/installed: $(SOURCES)
	scripts/install $(VENV)
	@touch $@

$(VENV)/installed-test: $(SOURCES)
	scripts/install $(VENV) test
	@touch $@

$(VENV)/installed-check: $(SOURCES)
	scripts/install $(VENV) test check
	@touch $@

$(VENV)/installed-fuzz: $(SOURCES)
	scripts/install $(VENV) test fuzz
	@touch $@

$(VENV)/installed-bench: $(SOURCES)
	@scripts/install $(VENV) test bench >&2
	@touch $@

$(PROTOS_VENV)/installed: Makefile
	python3 -m venv $(PROTOS_VENV)
	$(PROTOS_VENV)/bin/python -m pip install --quiet grpcio-tools==1.71.2 setuptools
	@touch $@
