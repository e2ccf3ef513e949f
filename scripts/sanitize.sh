#!/usr/bin/env bash
# Looks for faults of memory: reads and writes out of bounds or after a release, releases that come twice,
# and what the core crate leaks.
#
#     scripts/sanitize.sh                          # `rust`, then `python`
#     scripts/sanitize.sh rust [cargo test's arguments]
#     scripts/sanitize.sh python [pytest's arguments]
#     scripts/sanitize.sh valgrind [pytest's arguments]
#
# `rust` runs the tests of the core crate under AddressSanitizer, with a look for leaks at the end of each
# program. `python` does so with the module and the tests of its doors; leaks are left to `make soak`, since
# Python itself leaks at its end. The compiler is the stable one, with its own runtime: what it allows in
# nightly releases only is allowed by RUSTC_BOOTSTRAP. Its standard library is not instrumented, but all
# memory of the process is watched: Python's and Arrow's allocators are told to use malloc, so that a single
# value read past the end of a NumPy array is noticed.
#
# `valgrind` runs the hostile inputs under memcheck, which watches the code of every library; what it reports
# of the C library is in valgrind.supp. It has no AVX-512, so the vectors are those of AVX2. It does not look
# for values that nobody has set: CPython's small integers look so to it, and with them all of the interpreter.
#
# Both with Python begin with a control: a producer who lies about its length. Nobody can see through that,
# so the module reads on, and the tool must say so.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
host=$(rustc -vV | sed -n 's/^host: //p')
build=$root/target/sanitize
python=${VIRTUAL_ENV:-$root/.venv}/bin/python
fault=99 # the exit code of a process with a fault

# Where memory of others is read and released. The rest of the tests ask what the answers are.
doors=(tests/python/api/test_api.py tests/python/answers/test_per.py tests/python/runtime/test_free_threads.py
    tests/python/input/test_{bad_input,layouts,lifetimes,masked,numpy,producers,releases,sequences,streams}.py
    tests/python/input/test_temporal_producers.py tests/python/api/test_results.py
    tests/python/states/test_{groups,groups_refused,merging,moments,moments_table}.py)
pytest=(-m pytest -q -o addopts='-p no:cacheprovider')
hostile=(tests/python/input/test_{bad_input,releases}.py tests/python/answers/test_huge.py -k 'not memory and not absurd and not panics')

# What tells the tests of the package where to find a module that was built for this, and which memory to use.
export PYTHONMALLOC=malloc ARROW_DEFAULT_MEMORY_POOL=system PYTHONDONTWRITEBYTECODE=1
# Tests ask for memory that nobody has, and expect to hear so.
export ASAN_OPTIONS=allocator_may_return_null=1

instrumented() {
    RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address" RUSTDOCFLAGS="-Zsanitizer=address" CARGO_TARGET_DIR=$build \
        cargo "$@"
}

# The package with a module of our own making, beside the one that is installed.
package() {
    mkdir -p "$2"
    ln -sfn "$root"/python/colstats/*.py "$root"/python/colstats/_native.pyi "$2"
    cp "$1" "$2/_native.abi3.so"
}

# The runtime as a library that Python can be started with: rustc has it for programs of its own only.
runtime() {
    local archive
    archive=$(echo "$(rustc --print sysroot)/lib/rustlib/$host/lib"/librustc-*_rt.asan.a)
    cp "$archive" "$build/runtime.a"
    ar d "$build/runtime.a" asan_preinit.cpp.o # starts programs; a library is started by its first use
    cc -shared -o "$build/runtime.so" -Wl,--whole-archive "$build/runtime.a" -Wl,--no-whole-archive \
        -lpthread -ldl -lrt -lm
}

# A producer of three doubles that promises four.
control() {
    local status=0
    "$@" -c 'import sys; sys.path.insert(0, "tests/python")
import colstats; from support import producers; colstats.mean(producers.ArrayProducer(array={"length": 4}))' \
        >"$build/control" 2>&1 || status=$?
    [ "$status" = "$fault" ] && grep -q "$says" "$build/control" || {
        cat "$build/control" >&2
        echo "the control went unnoticed: $says was expected" >&2
        exit 1
    }
    echo "the control was noticed: $(grep -m 1 "$says" "$build/control")"
}

rust() {
    ASAN_OPTIONS+=:detect_leaks=1:detect_stack_use_after_return=1
    instrumented test --quiet --locked --target "$host" "$@"
}

python() {
    instrumented build --quiet --locked --target "$host" --profile light --package colstats-python
    package "$build/$host/light/lib_native.so" "$build/asan/colstats"
    runtime
    export PYTHONPATH=$build/asan
    ASAN_OPTIONS+=:detect_leaks=0:exitcode=$fault
    says=heap-buffer-overflow control env LD_PRELOAD="$build/runtime.so" "$python"
    [ $# -gt 0 ] || set -- "${doors[@]}"
    LD_PRELOAD=$build/runtime.so "$python" "${pytest[@]}" "$@"
}

valgrind_doors() {
    cargo build --quiet --locked --profile light --package colstats-python
    package target/light/lib_native.so "$build/memcheck/colstats"
    export PYTHONPATH=$build/memcheck COLSTATS_ISA=${COLSTATS_ISA:-avx2}
    local memcheck=(valgrind --quiet --error-exitcode=$fault --undef-value-errors=no --num-callers=40
        --suppressions=scripts/valgrind.supp "$python")
    says='Invalid read' control "${memcheck[@]}"
    [ $# -gt 0 ] || set -- "${hostile[@]}"
    "${memcheck[@]}" "${pytest[@]}" "$@"
}

mkdir -p "$build"
case ${1:-} in
    '')
        rust
        python
        ;;
    rust | python) "$@" ;;
    valgrind) valgrind_doors "${@:2}" ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" && exit 2 ;;
esac
