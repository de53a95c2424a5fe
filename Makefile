SHELL := /bin/bash
PY := .venv/bin/python

.PHONY: help setup system demo test faults soak check docs pictures audit clean
help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: .venv/.ready ## environment for running and testing

.venv/.ready: pyproject.toml requirements.lock requirements-dev.lock tools/make_environment.sh
	tools/make_environment.sh

system: ## what tests and the RTSP demo need from Debian or Ubuntu
	tools/install_system.sh

demo: setup ## set-up, then one junction from video to an issued fine
	$(PY) ngatu.py demo

test: system setup ## set-up and all tests
	$(PY) -m pytest
	$(PY) -m pytest --cov=detector.judging --cov=detector.rules --cov=detector.types --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100 tests/detector/judging tests/detector/rules

faults: system setup ## cameras, groups, nodes and disks that fail, as make test has them and by themselves
	$(PY) -m pytest tests/detector/sources tests/detector/watching tests/detector/recording tests/detector/evidence \
	  tests/test_watching_live.py tests/test_watching_city_office.py tests/test_bad_input.py

soak: setup ## an hour of 48 cameras: cases missed, memory at the beginning and the end
	$(PY) ngatu.py bench city --cameras 48 --seconds 3600 --no-references --json

check: setup ## style, types, layers, house rules
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports && $(PY) tools/house_rules.py

docs: setup ## the documentation site, into site/
	PYTHONPATH=. NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --quiet

pictures: system setup ## the README's picture, screenshots from the browser tests, then the site with all of them
	$(PY) -m tools.readme_picture
	rm -rf test-output/screenshots
	$(PY) -m pytest --quiet tests/service/console tests/benchmarks/test_truth_page.py tests/benchmarks/test_report_page.py
	NGATU_DOCS_NEED_PICTURES=1 PYTHONPATH=. NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --quiet

audit: setup ## bill of materials, licences, known vulnerabilities, into dist/audit/
	tools/audit.sh

clean: ## remove what set-up and runs made
	rm -rf .venv .venv-audit var test-output site dist
