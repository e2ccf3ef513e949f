# One target for everything a developer does here; `make help` lists them.
# Needs Python >= 3.11 with venv, and a Rust toolchain; everything else is installed into .venv. An
# interpreter other than the default (PYTHON=python3.13, or a path) gets an environment of its own.

PYTHON ?= python3
VENV   := .venv$(if $(filter-out python3,$(PYTHON)),-$(notdir $(PYTHON)))
# On Windows, make and the shell of Git are taken for granted; environments have another layout there.
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
EXE    := $(if $(filter Windows_NT,$(OS)),.exe)
BIN    := $(VENV)/$(SCRIPTS)
RUST   := $(shell find src duckdb/src python/src -name '*.rs') Cargo.toml Cargo.lock duckdb/Cargo.toml python/Cargo.toml
SERVICE := target/light/colstats-service$(EXE)
PYTHONS ?= python3.11 python3.12 python3.13
ENGINES := .venv-engines
PRODUCERS := .venv-producers
DOCS   := .venv-docs
# The reference has the docstrings of the compiled module, whichever build of it is there.
MODULE  = $(if $(wildcard python/colstats/_native*.so),,$(VENV)/.built-light)
RELEASE := .venv-release
WHEELING := .venv-wheels
# What is built for whom: ABI-LIBC-ARCH, explained in scripts/wheels/build.sh.
WHEELS ?= $(foreach abi,abi3 cp314t,$(foreach libc,manylinux musllinux,$(abi)-$(libc)-x86_64 $(abi)-$(libc)-aarch64))
BINDINGS := benches/bindings/Cargo.toml
FUZZ   ?= engine finishing wire doors service
SECONDS ?= 60
# SANITIZER=none is several times as fast. Leak detection is left to `make soak`: an embedded interpreter is never
# finalized, and would look like a leak.
SANITIZER ?= address
# The fuzz target of the doors embeds an interpreter, which needs a shared libpython that the loader can find.
DOORS = $(shell $(PYTHON) -c 'import sysconfig as s; print("--features doors" * bool(s.get_config_var("Py_ENABLE_SHARED")))')
EMBEDDED = PYO3_PYTHON=$(abspath $(BIN)/python) LD_LIBRARY_PATH=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')
export VIRTUAL_ENV := $(abspath $(VENV))
export PIP_QUIET := 1
# Fewer packages can be installed on a free-threaded Python: see the dependency groups in pyproject.toml.
THREADING := $(shell $(PYTHON) -c 'import sysconfig as s; print("-free-threaded" * bool(s.get_config_var("Py_GIL_DISABLED")))')
# Some libraries that the tests use would switch the GIL back on there; keep it off.
ifneq ($(THREADING),)
export PYTHON_GIL := 0
endif

.DEFAULT_GOAL := help
.PHONY: help run serve test test-rust test-service test-service-quick test-python test-engines test-producers test-parallel test-wheel test-arrow-59 test-arm test-arm-python test-wasm test-extension test-api lint format bench bench-peers bench-paper bench-cliffs bench-groups bench-values bench-frames bench-service bench-engines bench-scale bench-threads bench-kernels bench-sql duckdb-extension bindings test-bindings soak sanitize stress fuzz test-fuzz deny accuracy wheel clean attack-files docs docs-looks docs-serve drawings gallery

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: $(VENV)/.built-release ## set up, build, and take a tour on built-in data
	$(BIN)/python -m colstats --demo

serve: ## build the service as it ships, and start it on 127.0.0.1:8815, with its data in ./colstats-data
	cargo build --quiet --release --locked -p colstats-service
	target/release/colstats-service --data colstats-data --listen 127.0.0.1:8815

test: test-rust test-service-quick test-python ## set up, build, and run all tests

test-rust: ## run the tests of the core crate
	cargo test --quiet --locked --all-features

test-service-quick: ## run the quick tests of the service
	cargo test --quiet --locked -p colstats-service --profile light

test-service: $(VENV)/.built-light $(VENV)/.dev $(SERVICE) ## run the long tests of the service: it is killed among 10,000 batches, alone and as three nodes; load
	cargo test --locked -p colstats-service --profile light -- --include-ignored --nocapture
	$(BIN)/pytest -q -o addopts='-p no:cacheprovider' tests/service

test-arrow-59: ## run the tests of the core crate with arrow 59, the oldest that it takes
	scripts/arrow-59.sh

test-arm: | .arm-tools ## build the tests of the core crate for 64-bit ARM, and run them under emulation (TESTS="--test=short ..."; STRESS=n cases)
	COLSTATS_STRESS=$(STRESS) scripts/arm/core.sh $(or $(TESTS),$(if $(STRESS),--test differential --test finishing))

test-arm-python: $(VENV)/.dev | .arm-tools ## build the wheel for 64-bit ARM, and run a part of the Python tests under emulation
	scripts/arm/python.sh $(BIN)/python $(TESTS)

test-wasm: ## compare the golden hash under WebAssembly, in Node.js
	scripts/test-wasm.sh

test-extension: $(VENV)/.built-light $(VENV)/.dev ## build the example of an extension (pyo3-arrow), and test it from Python
	cd examples/extension && $(abspath $(BIN))/maturin develop --quiet --locked --profile dev
	$(BIN)/pytest -q -o addopts='-p no:cacheprovider' tests/extension

test-api: | .cargo-public-api ## compare the public API of the crate with docs/public-api.txt (UPDATE=1: write it)
	scripts/public-api.sh $(if $(UPDATE),--update)

test-python: $(VENV)/.built-light $(VENV)/.dev $(SERVICE) ## run the tests of the Python package, on all cores
	$(BIN)/pytest -q -n auto

test-engines: $(VENV)/.built-light $(ENGINES)/.installed ## run the adapters on Spark, Ray and Dask, started on this machine
	VIRTUAL_ENV=$(abspath $(ENGINES)) $(BIN)/maturin develop --quiet --profile light --locked --group engines
	$(ENGINES)/bin/pytest -q -o addopts='-p no:cacheprovider' -o filterwarnings=default --disable-warnings tests/engines

test-producers: $(VENV)/.built-light $(PRODUCERS)/.installed ## read data of a dozen other libraries (1.6 GB to install)
	VIRTUAL_ENV=$(abspath $(PRODUCERS)) $(BIN)/maturin develop --quiet --profile light --locked --group producers
	$(PRODUCERS)/bin/pytest -q -o addopts='-p no:cacheprovider' -o filterwarnings=default --disable-warnings tests/producers

test-parallel: $(VENV)/.built-light $(VENV)/.dev $(SERVICE) ## run each Python test on eight threads at once
	$(BIN)/pytest -q -o addopts='-p no:cacheprovider' --parallel-threads=8 tests/python

test-duckdb-extension: $(VENV)/.built-light $(VENV)/.dev ## build the extension for DuckDB alone, without Python: target/colstats.duckdb_extension
	scripts/duckdb-extension.sh

test-wheel: $(VENV)/.dev $(SERVICE) ## build one wheel and test it on each of PYTHONS="python3.11 python3.12 python3.13"
	rm -rf dist/light && $(BIN)/maturin build --quiet --profile light --locked --out dist/light
	for python in $(PYTHONS); do \
		rm -rf .venv-wheel && $$python -m venv .venv-wheel && \
		.venv-wheel/bin/python -m pip install --upgrade pip && \
		.venv-wheel/bin/python -m pip install --group dev dist/light/*.whl && \
		.venv-wheel/bin/python -VV && \
		.venv-wheel/bin/pytest -q tests/python || exit 1; \
	done

lint: $(VENV)/.built-light $(VENV)/.dev ## check formatting, lints and types, with warnings as errors
	cargo fmt --all --check
	cargo clippy --quiet --locked --workspace --all-targets --all-features -- -D warnings
	cargo clippy --quiet --locked -p colstats --no-default-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked -p colstats --no-deps --all-features
	cargo fmt --all --check --manifest-path $(BINDINGS)
	cargo clippy --quiet --locked --manifest-path $(BINDINGS) --workspace --all-targets -- -D warnings
	cargo fmt --check --manifest-path tests/wasm/Cargo.toml
	cargo fmt --check --manifest-path fuzz/Cargo.toml --package colstats-fuzz
	PYO3_PYTHON=$(abspath $(BIN)/python) cargo clippy --quiet --locked --manifest-path fuzz/Cargo.toml --package colstats-fuzz $(DOORS) --lib -- -D warnings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m scripts.release.third_party --check
	$(BIN)/mypy python/colstats
	$(BIN)/python -m mypy.stubtest colstats._native

format: $(VENV)/.dev ## format all code
	cargo fmt --all
	cargo fmt --all --manifest-path $(BINDINGS)
	cargo fmt --manifest-path tests/wasm/Cargo.toml
	cargo fmt --manifest-path fuzz/Cargo.toml --package colstats-fuzz
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.built-release $(VENV)/.bench ## time single calls, next to other libraries
	$(BIN)/python -m benches.calls

bench-threads: $(VENV)/.built-release $(VENV)/.demo ## measure what a second Python thread gains
	$(BIN)/python -m benches.threads

bench-peers: $(VENV)/.built-release $(VENV)/.bench ## time and check mean and stddev against other libraries (QUICK=1: shorter)
	$(BIN)/python -m benches.peers.run $(if $(QUICK),--quick)
	$(BIN)/python -m benches.peers.report $(if $(QUICK),--quick)

bench-paper: $(VENV)/.built-release $(VENV)/.bench bindings ## repeat a paper on Python bindings (QUICK=1: shorter; VALUES=n)
	$(BIN)/python -m benches.paper.run $(if $(QUICK),--quick) $(if $(VALUES),--values $(VALUES))
	$(BIN)/python -m benches.paper.report $(if $(QUICK),--quick)

bench-cliffs: $(VENV)/.built-release $(VENV)/.bench ## time and check every distribution, type and layout next to other libraries (QUICK=1: shorter)
	PYTHONPATH=tests/python $(BIN)/python -m benches.cliffs.run $(if $(QUICK),--form quick)
	PYTHONPATH=tests/python $(BIN)/python -m benches.cliffs.report $(if $(QUICK),--form quick)

bench-scale: $(VENV)/.built-release $(VENV)/.bench ## measure the cost of states at scale: docs/measured/scale.md
	$(BIN)/python -m benches.scale

bench-engines: $(VENV)/.built-release $(ENGINES)/.installed ## measure what the adapters add to passes of Spark, Ray and Dask
	VIRTUAL_ENV=$(abspath $(ENGINES)) $(BIN)/maturin develop --quiet --release --locked --group engines
	for engine in spark ray dask; do $(ENGINES)/bin/python -m benches.engines $$engine 2>/dev/null; done

bench-groups: $(VENV)/.built-release $(VENV)/.bench ## time and check mean and stddev by groups, next to others: docs/measured/groups.md (ROWS=n, QUICK=1: only print)
	$(BIN)/python -m benches.groups $(if $(QUICK),--quick) $(if $(ROWS),--rows $(ROWS)) $(if $(QUICK)$(ROWS),,--output docs/measured/groups.md)

bench-values: $(VENV)/.built-release $(VENV)/.bench ## time and check covariance, quantiles, shape, weights and windows, next to others: docs/measured/values.md (QUICK=1: only print)
	PYTHONPATH=tests/python $(BIN)/python -m benches.values $(if $(QUICK),--quick,--output docs/measured/values.md)

bench-sql: $(VENV)/.built-release $(VENV)/.bench ## time and check the aggregates in DuckDB and DataFusion, next to their own
	$(BIN)/python -m benches.sql

bench-frames: $(VENV)/.built-release $(VENV)/.bench ## time the namespaces of polars and pandas, next to their own (ROWS=n)
	$(BIN)/python -m benches.frames $(ROWS)

bench-service: $(VENV)/.built-release $(VENV)/.bench ## time calls of the service, acknowledgements and latencies: docs/measured/service.md (QUICK=1: only print)
	cargo build --quiet --release --locked -p colstats-service
	$(BIN)/python -m benches.service $(if $(QUICK),,--output docs/measured/service.md)

bench-imports: $(VENV)/.built-release $(VENV)/.bench ## time imports in fresh processes, next to other libraries
	$(BIN)/python -m benches.imports

bench-kernels: ## time the kernels per value, next to a bare sum of the same memory
	cargo bench --quiet --locked --bench kernels

bindings: $(VENV)/.bindings ## build the bindings that the paper compares, and the probes (STRICT=1: all must build)
	$(BIN)/python benches/bindings/build.py $(if $(STRICT),--strict)

test-bindings: bindings ## run the tests of those bindings
	cargo test --quiet --locked --manifest-path $(BINDINGS) -p naive
	$(BIN)/pytest -q --noconftest benches/bindings/test_bindings.py

soak: $(VENV)/.built-light $(VENV)/.dev ## make a million calls through every door; nothing may have grown (CALLS=n)
	PYTHONPATH=tests/python $(BIN)/python -m support.soak $(if $(CALLS),--calls $(CALLS))

attack-files: $(VENV)/.built-light $(VENV)/.dev ## damage files of every format, COUNT=5000 each; none may crash or lose a row
	PYTHONPATH=tests/python:. $(BIN)/python -m support.damage $(if $(COUNT),--count $(COUNT))

sanitize: $(VENV)/.dev ## run the tests under AddressSanitizer (more in scripts/sanitize.sh)
	scripts/sanitize.sh

.PHONY: sanitize-threads
sanitize-threads: ## run the tests that use threads under ThreadSanitizer, after a planted race that it must report
	scripts/sanitize-threads.sh

stress: ## compare 100,000 cases on every instruction set with the bucket engine, and finalization
	COLSTATS_STRESS=100000 cargo test --quiet --locked --release --test differential --test finishing

fuzz: $(BIN)/python$(EXE) | .cargo-fuzz ## coverage-guided fuzzing, SECONDS=60 each: FUZZ="engine finishing wire doors service"
	for target in $(FUZZ); do \
		mkdir -p fuzz/corpus/$$target; \
		case $$target in doors) features="$(DOORS)";; service) features="--features service";; *) features=;; esac; \
		$(EMBEDDED) RUSTC_BOOTSTRAP=1 ASAN_OPTIONS=detect_leaks=0 cargo fuzz run --sanitizer $(SANITIZER) $$features $$target fuzz/corpus/$$target fuzz/kept/$$target -- \
			-max_total_time=$(SECONDS) -max_len=1024 -timeout=20 -detect_leaks=0 -print_final_stats=1 || exit 1; \
	done

test-fuzz: $(BIN)/python$(EXE) ## run the inputs that fuzzing has kept
	$(EMBEDDED) cargo test --quiet --locked --manifest-path fuzz/Cargo.toml $(DOORS) --lib

deny: | .cargo-deny ## check the licences of what ships, and that nothing ships twice
	cargo deny --workspace --all-features --offline check bans licenses sources

accuracy: $(VENV)/.built-release $(VENV)/.bench ## measure how far off the standard deviations of other libraries are: docs/measured/accuracy.md (QUICK=1: only print)
	$(BIN)/python -m benches.accuracy $(if $(QUICK),,--output)

.PHONY: third-party
third-party: ## write LICENSES-THIRD-PARTY.txt again, after Cargo.lock has changed
	$(PYTHON) -m scripts.release.third_party

drawings: $(VENV)/.built-light $(VENV)/.dev ## draw the figures of docs/how-it-works and the gallery again
	$(BIN)/python -m scripts.drawings

gallery: $(VENV)/.built-light $(VENV)/.gallery ## take the picture of a notebook again, by Chromium
	$(BIN)/python -m scripts.notebook

duckdb-extension: $(VENV)/.built-light $(VENV)/.dev ## build the extension for DuckDB alone, without Python: target/colstats.duckdb_extension
	scripts/duckdb-extension.sh

wheel: $(VENV)/.dev ## build the wheel for every CPython >= 3.11, in dist/
	$(BIN)/maturin build --release --locked --out dist

.PHONY: wheels check-wheels test-wheels test-sdist bench-imports
wheels: $(WHEELING)/.installed ## build the wheels for Linux, in dist/wheels: minutes each (WHEELS="abi3-musllinux-aarch64 ...")
	rm -rf dist/wheels
	scripts/wheels/build.sh $(WHEELING)/bin/python $(WHEELS)

check-wheels: $(WHEELING)/.installed ## check wheels for Linux by content: names, symbols, licences (FILES=dist/wheels/*.whl)
	$(WHEELING)/bin/python scripts/wheels/check.py $(or $(FILES),dist/wheels/*.whl)

test-wheels: check-wheels ## check the wheels in dist/wheels, and try each where there is an interpreter that loads it
	scripts/wheels/test.sh $(WHEELING)/bin/python $(PYTHONS)

test-sdist: $(WHEELING)/.installed ## pack the sources of the Python package, and install them as pip does (PROFILE=release: as users get it)
	scripts/wheels/test-sdist.sh $(WHEELING)/bin/python $(PYTHON)

.PHONY: sdist try-wheel lint-workflows release-check release-notes
sdist: $(VENV)/.dev ## pack the sources of the Python package, in dist/
	$(BIN)/maturin sdist --out dist

try-wheel: ## install what is in dist/ into an empty environment, ask it something, and print its version
	rm -rf .venv-try && $(PYTHON) -m venv .venv-try
	.venv-try/$(SCRIPTS)/python -m pip install 'arro3-core>=0.9'
	.venv-try/$(SCRIPTS)/python -m pip install --no-index --no-cache-dir --only-binary colstats --find-links dist colstats
	.venv-try/$(SCRIPTS)/python -W error scripts/try-wheel.py

lint-workflows: $(RELEASE)/.installed ## check .github: syntax and expressions (actionlint), security (zizmor, offline)
	$(RELEASE)/$(SCRIPTS)/actionlint
	$(RELEASE)/$(SCRIPTS)/zizmor --offline --quiet --strict-collection .github

release-check: $(RELEASE)/.installed ## check that a release can be tagged: versions, changelog, links, licences, packages (QUICK=1: build nothing)
	PATH="$(abspath $(RELEASE)/$(SCRIPTS)):$$PATH" python -m scripts.release $(if $(QUICK),--quick)

release-notes: ## print the newest entry of the changelog
	@$(PYTHON) -m scripts.release.notes

docs: $(MODULE) $(DOCS)/.installed ## build the site in target/site; warnings and broken links are errors (OFFLINE=true: to open it from files)
	PYTHON=$(DOCS)/bin/python scripts/build-site.sh

docs-serve: $(MODULE) $(DOCS)/.installed ## serve the site on http://localhost:8000, and build it again when a page changes
	$(DOCS)/bin/zensical serve

docs-looks: export OFFLINE := true
docs-looks: docs ## open each page in Chromium, wide and narrow, light and dark; pictures in target/looks
	$(DOCS)/bin/python -m pip install --group looks
	$(DOCS)/bin/python scripts/look-at-site.py target/site

clean: ## remove all build output and environments
	rm -rf .venv .venv-* .cache target dist benches/bindings/build benches/bindings/target

# Dependency groups to install beside the package: for the demo, development, benchmarks, bindings and the gallery.
$(BIN)/python$(EXE):
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --upgrade pip

$(VENV)/.demo $(VENV)/.dev $(VENV)/.bench $(VENV)/.bindings $(VENV)/.gallery: $(VENV)/.%: pyproject.toml | $(BIN)/python$(EXE)
	$(BIN)/python -m pip install --group $*$(if $(filter demo dev,$*),$(THREADING))
	touch $@

# Environments of their own, for what is heavy (engines, producers), wants other versions than the package does, or has no
# part in it (docs, release, wheels). Each is named like its dependency group.
.venv-engines/.installed .venv-producers/.installed .venv-docs/.installed .venv-release/.installed .venv-wheels/.installed: \
.venv-%/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-$*
	.venv-$*/$(SCRIPTS)/python -m pip install --upgrade pip
	.venv-$*/$(SCRIPTS)/python -m pip install --group $*
	touch $@

# Cargo subcommands, installed if missing.
.PHONY: .cargo-fuzz .cargo-deny .cargo-public-api
.cargo-fuzz .cargo-deny .cargo-public-api: .cargo-%:
	@cargo $* --version >/dev/null 2>&1 || cargo install --locked cargo-$*

# Debian's packages for cross-compiling to 64-bit ARM, installed if missing.
.PHONY: .arm-tools
.arm-tools:
	@scripts/arm/tools.sh

# The service as the tests start it.
$(SERVICE): $(RUST) service/Cargo.toml $(shell find service/src -type f)
	cargo build --quiet --locked -p colstats-service --profile light
	touch $@

# The module as it ships, or as it compiles fast, with checked arithmetic. The last one built is installed.
$(VENV)/.built-release: $(RUST) pyproject.toml $(VENV)/.demo
	$(BIN)/python -m pip install 'maturin>=1.16,<2'
	$(BIN)/maturin develop --quiet --release --locked --group demo$(THREADING)
	rm -f $(VENV)/.built-light
	touch $@

$(VENV)/.built-light: $(RUST) pyproject.toml $(VENV)/.dev
	$(BIN)/maturin develop --quiet --profile light --locked --group dev$(THREADING)
	rm -f $(VENV)/.built-release
	touch $@
