PYTHON ?= python3
OUT ?= demo
SAMPLE ?= all
BIN := .venv/bin
PIP_FLAGS := --quiet --disable-pip-version-check
# BLAS gets one thread, because each core runs a worker already. Without its cache of compiled tests, pytest takes
# half as long again to collect them.
PYTEST := OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses auto --dist loadgroup

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: demo test test-all lint types stubs bench battery tutorials docs help

demo: .venv/.stamp-demo  ## train, check and draw on real data; pictures go to OUT=demo
	$(BIN)/python -m autograd_lite demo --out "$(OUT)"

test: .venv/.stamp-dev  ## run the tests and doctests; of the long ones a tenth, another each day
	$(PYTEST)

test-all: .venv/.stamp-dev  ## run every test, with more examples for each property and op
	HYPOTHESIS_PROFILE=deep $(PYTEST) --sample=$(SAMPLE) --gradcheck-budget=thorough

lint: .venv/.stamp-dev  ## check style with ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.stamp-dev  ## check types: mypy on the package, mypy and pyright on a user's program
	$(BIN)/mypy
	$(BIN)/python -m tests.typing.check

stubs: .venv/.stamp-dev  ## write the type stubs again, after a change of an operation or of a public name
	$(BIN)/python -m tests.typing.stubs

bench: .venv-bench/.stamp  ## compare speed and gradient checks with peers, in .venv-bench
	.venv-bench/bin/python tests/benchmarks/run.py
	.venv-bench/bin/python tests/benchmarks/checkers.py
	.venv-bench/bin/python tests/benchmarks/behaviours.py

battery: .venv/.stamp-dev .venv-bench/.stamp  ## run the cases of tests/battery in five libraries, and write their page
	$(BIN)/python -m tests.battery.run ours compiled
	.venv-bench/bin/python -m tests.battery.run torch jax hips mygrad
	$(BIN)/python -m tests.battery.page

tutorials: .venv/.stamp-dev  ## execute the notebooks in tutorials/, and keep what they show
	$(BIN)/python -m tests.test_notebooks

docs: .venv/.stamp-dev  ## build the documentation into tutorials/site/html; warnings are errors
	$(BIN)/python -m sphinx --quiet --fresh-env --fail-on-warning --keep-going tutorials tutorials/site/html
	@echo "wrote tutorials/site/html/index.html"

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

# A stamp is newer than pyproject.toml when what it asks for is installed.
EXTRAS_demo := draw,train,plot
EXTRAS_dev := dev

.venv/.stamp-%: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install $(PIP_FLAGS) -e ".[$(EXTRAS_$*)]"
	@touch $@

.venv-bench/.stamp: pyproject.toml tests/benchmarks/requirements.txt | .venv-bench/bin/python
	.venv-bench/bin/python -m pip install $(PIP_FLAGS) -e . -r tests/benchmarks/requirements.txt
	@touch $@

.venv/bin/python .venv-bench/bin/python: %/bin/python:
	@command -v "$(PYTHON)" >/dev/null || { echo "$(PYTHON) not found. $(REMEDY)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version.split()[0]; sys.exit(f"autograd_lite needs Python 3.11 or newer; $(PYTHON) is {v}. $(REMEDY)" if sys.version_info < (3, 11) else 0)'
	"$(PYTHON)" -m venv $*

REMEDY := Say which Python to use: make PYTHON=python3.12 $(MAKECMDGOALS)
