# Everything a developer does here, one command a habit. `make help` lists them.
# Needs a Python >= 3.11 with venv, and a Rust toolchain; all else is installed into .venv. Another
# interpreter than the default (PYTHON=python3.13, or a path) has an environment of its own beside it.

PYTHON ?= python3
VENV   := .venv$(if $(filter-out python3,$(PYTHON)),-$(notdir $(PYTHON)))
BIN    := $(VENV)/bin
RUST   := $(shell find src python/src -name '*.rs') Cargo.toml Cargo.lock python/Cargo.toml
PYTHONS ?= python3.11 python3.12 python3.13
ENGINES := .venv-engines
BINDINGS := benches/bindings/Cargo.toml
FUZZ   ?= engine finishing wire doors
SECONDS ?= 60
# Without one (none), attacks are several times as fast. Leaks are left to `make soak`: an embedded interpreter is never
# finished, and looks like one.
SANITIZER ?= address
# An interpreter within an attack: it must have a shared library, and that must be found.
DOORS = $(shell $(PYTHON) -c 'import sysconfig as s; print("--features doors" * bool(s.get_config_var("Py_ENABLE_SHARED")))')
EMBEDDED = PYO3_PYTHON=$(abspath $(BIN)/python) LD_LIBRARY_PATH=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')
export VIRTUAL_ENV := $(abspath $(VENV))
export PIP_QUIET := 1
# Without the interpreter lock, fewer packages can be had: pyproject.toml says which.
THREADING := $(shell $(PYTHON) -c 'import sysconfig as s; print("-free-threaded" * bool(s.get_config_var("Py_GIL_DISABLED")))')
# There, some of the libraries that tests feed us with would switch the lock back on; it stays off.
ifneq ($(THREADING),)
export PYTHON_GIL := 0
endif

.DEFAULT_GOAL := help
.PHONY: help run test test-rust test-python test-engines test-parallel test-wheel lint format bench bench-peers bench-paper bench-groups bench-engines bench-scale bench-threads bench-kernels bindings test-bindings soak sanitize stress fuzz test-fuzz deny accuracy wheel clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: $(VENV)/.built-release ## set up, build, and show the main job on built-in data
	$(BIN)/python -m colstats --demo

test: test-rust test-python ## set up, build, and run all tests

test-rust: ## the tests of the core crate
	cargo test --quiet --locked

test-python: $(VENV)/.built-light $(VENV)/.dev ## the tests of the Python package
	$(BIN)/pytest -q

test-engines: $(VENV)/.built-light $(ENGINES)/.engines ## the adapters on Spark, Ray and Dask, started here
	VIRTUAL_ENV=$(abspath $(ENGINES)) $(BIN)/maturin develop --quiet --profile light --locked --group engines
	$(ENGINES)/bin/pytest -q -o addopts='-p no:cacheprovider' -o filterwarnings=default --disable-warnings tests/engines

test-parallel: $(VENV)/.built-light $(VENV)/.dev ## the same, each test on eight threads at once
	$(BIN)/pytest -q -o addopts='-p no:cacheprovider' --parallel-threads=8 tests/python

test-wheel: $(VENV)/.dev ## one wheel, on every interpreter of PYTHONS="python3.11 python3.12 python3.13"
	rm -rf dist/light && $(BIN)/maturin build --quiet --profile light --locked --out dist/light
	for python in $(PYTHONS); do \
		rm -rf .venv-wheel && $$python -m venv .venv-wheel && \
		.venv-wheel/bin/python -m pip install --upgrade pip && \
		.venv-wheel/bin/python -m pip install --group dev dist/light/*.whl && \
		.venv-wheel/bin/python -VV && \
		.venv-wheel/bin/pytest -q tests/python || exit 1; \
	done

lint: $(VENV)/.built-light $(VENV)/.dev ## formatting, lints and types, with warnings as errors
	cargo fmt --all --check
	cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
	cargo fmt --all --check --manifest-path $(BINDINGS)
	cargo clippy --quiet --locked --manifest-path $(BINDINGS) --workspace --all-targets -- -D warnings
	cargo fmt --check --manifest-path fuzz/Cargo.toml --package colstats-fuzz
	PYO3_PYTHON=$(abspath $(BIN)/python) cargo clippy --quiet --locked --manifest-path fuzz/Cargo.toml --package colstats-fuzz $(DOORS) --lib -- -D warnings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy python/colstats
	$(BIN)/python -m mypy.stubtest colstats._native

format: $(VENV)/.dev ## format all code
	cargo fmt --all
	cargo fmt --all --manifest-path $(BINDINGS)
	cargo fmt --manifest-path fuzz/Cargo.toml --package colstats-fuzz
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.built-release $(VENV)/.bench ## what a call costs, next to the alternatives
	$(BIN)/python -m benches.calls

bench-threads: $(VENV)/.built-release $(VENV)/.demo ## what a second Python thread brings
	$(BIN)/python -m benches.threads

bench-peers: $(VENV)/.built-release $(VENV)/.bench ## mean and stddev of everybody, timed and checked (QUICK=1: shorter)
	$(BIN)/python -m benches.peers.run $(if $(QUICK),--quick)
	$(BIN)/python -m benches.peers.report $(if $(QUICK),--quick)

bench-paper: $(VENV)/.built-release $(VENV)/.bench bindings ## a paper on Python bindings, repeated (QUICK=1: shorter; VALUES=n)
	$(BIN)/python -m benches.paper.run $(if $(QUICK),--quick) $(if $(VALUES),--values $(VALUES))
	$(BIN)/python -m benches.paper.report $(if $(QUICK),--quick)

bench-scale: $(VENV)/.built-release $(VENV)/.bench ## what states cost at scale: docs/scale.md
	$(BIN)/python -m benches.scale

bench-engines: $(VENV)/.built-release $(ENGINES)/.engines ## what the adapters add to passes of Spark, Ray and Dask
	VIRTUAL_ENV=$(abspath $(ENGINES)) $(BIN)/maturin develop --quiet --release --locked --group engines
	for engine in spark ray dask; do $(ENGINES)/bin/python -m benches.engines $$engine 2>/dev/null; done

bench-groups: $(VENV)/.built-release $(VENV)/.bench ## mean and stddev by groups next to polars, timed and checked
	$(BIN)/python -m benches.groups

bench-kernels: ## what the kernels cost a value, next to a bare sum of the same memory
	cargo bench --quiet --locked --bench kernels

bindings: $(VENV)/.bindings ## build what the paper on bindings compares, and the probes (STRICT=1: all must build)
	$(BIN)/python benches/bindings/build.py $(if $(STRICT),--strict)

test-bindings: bindings ## the tests of those packages
	cargo test --quiet --locked --manifest-path $(BINDINGS) -p naive
	$(BIN)/pytest -q --noconftest benches/bindings/test_bindings.py

soak: $(VENV)/.built-light $(VENV)/.dev ## a million calls through every door, after which nothing may have grown (CALLS=n)
	PYTHONPATH=tests/python $(BIN)/python -m support.soak $(if $(CALLS),--calls $(CALLS))

sanitize: $(VENV)/.dev ## all tests under AddressSanitizer (scripts/sanitize.sh tells what else)
	scripts/sanitize.sh

stress: ## 100,000 cases of every instruction set against the bucket engine, and of finishing
	COLSTATS_STRESS=100000 cargo test --quiet --locked --release --test differential --test finishing

fuzz: $(VENV)/bin/python | .cargo-fuzz ## attack for SECONDS=60 each, guided by coverage: FUZZ="engine finishing wire doors"
	for target in $(FUZZ); do \
		mkdir -p fuzz/corpus/$$target; \
		$(EMBEDDED) RUSTC_BOOTSTRAP=1 ASAN_OPTIONS=detect_leaks=0 cargo fuzz run --sanitizer $(SANITIZER) $(DOORS) $$target fuzz/corpus/$$target fuzz/kept/$$target -- \
			-max_total_time=$(SECONDS) -max_len=1024 -timeout=20 -detect_leaks=0 -print_final_stats=1 || exit 1; \
	done

test-fuzz: $(VENV)/bin/python ## attack again with what fuzzing has kept
	$(EMBEDDED) cargo test --quiet --locked --manifest-path fuzz/Cargo.toml $(DOORS) --lib

deny: | .cargo-deny ## licences of what ships, and that nothing ships twice
	cargo deny --all-features --offline check bans licenses sources

accuracy: $(VENV)/.built-release $(VENV)/.bench ## how far off everybody's standard deviation is
	$(BIN)/python -m benches.accuracy

wheel: $(VENV)/.dev ## the wheel for every CPython >= 3.11, in dist/
	$(BIN)/maturin build --release --locked --out dist

clean: ## remove everything that was built
	rm -rf .venv .venv-* target dist benches/bindings/build benches/bindings/target

# What is installed beside the package itself: for the demo, for development, for benchmarks.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --upgrade pip

$(VENV)/.demo $(VENV)/.dev $(VENV)/.bench $(VENV)/.bindings: $(VENV)/.%: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --group $*$(if $(filter demo dev,$*),$(THREADING))
	touch $@

# The engines are heavy, and one of them wants an older pandas.
$(ENGINES)/.engines: pyproject.toml
	$(PYTHON) -m venv $(ENGINES)
	$(ENGINES)/bin/python -m pip install --upgrade pip
	$(ENGINES)/bin/python -m pip install --group engines
	touch $@

# Tools of cargo, where there are none yet.
.PHONY: .cargo-fuzz .cargo-deny
.cargo-fuzz .cargo-deny: .cargo-%:
	@cargo $* --version >/dev/null 2>&1 || cargo install --locked cargo-$*

# The module as it ships, or built fast and with checked arithmetic: the last one built is installed.
$(VENV)/.built-release: $(RUST) pyproject.toml $(VENV)/.demo
	$(BIN)/python -m pip install 'maturin>=1.16,<2'
	$(BIN)/maturin develop --quiet --release --locked --group demo$(THREADING)
	rm -f $(VENV)/.built-light
	touch $@

$(VENV)/.built-light: $(RUST) pyproject.toml $(VENV)/.dev
	$(BIN)/maturin develop --quiet --profile light --locked --group dev$(THREADING)
	rm -f $(VENV)/.built-release
	touch $@
