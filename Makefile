.DEFAULT_GOAL := help
.PHONY: help install demo up test test-unit test-broker test-e2e test-cluster images lint format types docs stage bench chaos chaos-cluster chaos-broker chaos-memory chaos-status chaos-scheduler chaos-retention chaos-statistics mutants clean check
PYTHON := .venv/bin/python

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## Install what is missing: .venv, and what it takes to run Kafka
	@scripts/install

demo: install ## Start everything, send a real file through it, open for more (JOBS=200 adds small ones)
	@$(PYTHON) demo/run.py --jobs $(or $(JOBS),0)

up: install ## Start everything and wait for your jobs
	@$(PYTHON) demo/run.py --idle

test: ## Install what is missing and run every check and test
	@scripts/install tests
	@scripts/test

test-unit: install ## Tests that need no broker and no browser
	@$(PYTHON) -m pytest -m "not broker and not e2e and not browser"

test-broker: install ## Tests on a real Kafka
	@$(PYTHON) -m pytest -m "broker and not e2e and not browser"

test-e2e: install ## Tests with real processes, some of them killed
	@$(PYTHON) -m pytest -m e2e

test-cluster: install ## The chart on the cluster that KUBECONFIG names, from install to uninstall
	@scripts/helm.sh
	@PYTHONPATH=tests:scripts $(PYTHON) -m cluster

images: ## Build the images of the services with docker, podman or buildah (IMAGE=registry/headway)
	@scripts/images

lint: install ## Ruff: style and layout
	@scripts/lint

format: install ## Ruff: mend layout and what else it can
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

types: install ## Mypy, strict, over all code
	@scripts/types

docs: install ## Generate the pictures of docs/ from schemas/
	@$(PYTHON) scripts/docs.py

stage: install ## Write a further stage behind the last, ready to be filled with work (NAME=p3)
	@$(PYTHON) scripts/stage.py '$(NAME)'

bench: install ## Measure against bare Kafka loops; prints ratios
	@PYTHONPATH=tests $(PYTHON) -m bench

chaos: install ## 20,000 jobs fail by plan, are cancelled and sent back, all is killed (CHAOS_JOBS=20000)
	@PYTHONPATH=tests $(PYTHON) -m chaos failures

chaos-cluster: install ## Three brokers, one always being lost, services killed beside it (CHAOS_SECONDS=600)
	@PYTHONPATH=tests $(PYTHON) -m chaos cluster

chaos-broker: install ## The only broker stopped for 90 s and killed ten times
	@PYTHONPATH=tests $(PYTHON) -m chaos broker

chaos-memory: install ## 500,000 jobs wait: the memory of every process over time
	@PYTHONPATH=tests $(PYTHON) -m chaos memory

chaos-scheduler: install ## 20,000 jobs wait for their time while three schedulers are killed and stopped
	@PYTHONPATH=tests $(PYTHON) -m chaos scheduler

chaos-retention: install ## 100,000 jobs are forgotten while others flow; sizes before and after (CHAOS_JOBS=100000)
	@PYTHONPATH=tests $(PYTHON) -m chaos retention

chaos-statistics: install ## Sums of ten minutes against a plain count, workers of the statistics killed
	@PYTHONPATH=tests $(PYTHON) -m chaos statistics

chaos-status: install ## 5,000 jobs watched by 300 over two status replicas that are killed, stopped, wiped
	@PYTHONPATH=tests $(PYTHON) -m support.status.storm

mutants: install ## Change the core a little, again and again; what no test notices (MODULES="offsets flow")
	@$(PYTHON) scripts/mutants.py $(MODULES)

clean: ## Remove the demo's data and every cache (.venv stays)
	@rm -rf .headway .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

check: test ## The same as `make test`: all that CI runs
