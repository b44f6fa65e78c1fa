# `make help` lists what there is to do.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: help setup lint fmt test unit vagrant-test bench bench-quick demo faults soak fuzz schema clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.made ## make .venv with everything, at the locked versions

$(VENV)/.made: pyproject.toml requirements.lock
	@command -v python3.11 >/dev/null || { echo "error: python3.11 isn't here; install it (apt-get install python3.11-venv)" >&2; exit 2; }
	python3.11 -m venv $(VENV) || { apt-get install -y python3.11-venv && python3.11 -m venv $(VENV); }
	$(PY) -m pip install -q --disable-pip-version-check -r requirements.lock
	$(PY) -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

lint: setup ## ruff, mypy, import-linter, shellcheck on the scripts as they are rendered
	@$(PY) -m tests.stages lint

fmt: setup ## put the code into the one layout
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

test: setup ## all tests, the lab included (root, Debian or Ubuntu)
	@$(PY) -m tests.stages test

unit: setup ## the tests that need no host
	@$(PY) -m tests.stages unit

faults: setup ## disturb runs on real hosts at every step, and write docs/faults.md (root; up to an hour)
	@$(PY) -m tests.lab.faults

soak: setup ## 500 runs that find nothing to do, on one host; what has grown goes into docs/faults.md (root)
	@$(PY) -m tests.lab.faults.soak

fuzz: setup ## look for input that breaks a reader, a minute for each (Linux on x86-64)
	@$(PY) -m tests.unit.fuzz

vagrant-test: setup ## the lab's tests on a virtual machine by Vagrant, in software emulation (root, Debian)
	@$(PY) -m tests.stages vagrant

bench: setup ## measure runs beside our peers', and draw them (root; up to an hour)
	@test -e .bench/.made || { python3.11 -m venv .bench && .bench/bin/pip install -q -r bench/requirements.txt && touch .bench/.made; }
	@$(PY) -m bench.speed
	@$(PY) -m bench.first
	@.bench/bin/python bench/plot.py "$$(ls bench/rows/all-*.csv | tail -1)"

bench-quick: setup ## the same with 50 hosts and OpenSSH beside us
	@$(PY) -m bench.speed quick

demo: setup ## a real host in the lab: plan, set up, verify, use, take away
	@$(PY) -m lab.demo

schema: setup ## write the JSON Schemas of inventories and spec files anew, for editors
	@$(PY) -m docs.schema

clean: ## end the lab and remove what was made here (the lab's cache stays)
	-$(PY) -m lab down --all
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz dist build
