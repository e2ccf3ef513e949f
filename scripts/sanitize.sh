#!/usr/bin/env bash
# Looks for memory errors: reads and writes out of bounds or after free, double frees, and leaks of the core
# crate.
#
#     scripts/sanitize.sh                          # `rust`, then `python`
#     scripts/sanitize.sh rust [cargo test's arguments]
#     scripts/sanitize.sh python [pytest's arguments]
#     scripts/sanitize.sh valgrind [pytest's arguments]
#
# `rust` runs the tests of the core crate under AddressSanitizer, with leak detection at the end of each
# program. `python` does the same for the module and the tests of its doors, the protocols by which Python
# objects enter; leaks are left to `make soak`, since CPython itself leaks at exit. The compiler is the
# stable one with its own runtime; RUSTC_BOOTSTRAP enables the unstable flag. The standard library is not
# instrumented, but all memory of the process is: Python's and Arrow's allocators are set to use malloc, so
# that a read of a single value past the end of a NumPy array is reported.
#
# `valgrind` runs the hostile inputs under memcheck, which checks the code of every library; known reports
# about the C library are suppressed in valgrind.supp. It has no AVX-512, so AVX2 is used. Checks for
# uninitialized values are off: memcheck takes CPython's small integers for such, and with them nearly the
# whole interpreter.
#
# Both Python modes begin with a control: a producer that lies about its length. No reader can detect that,
# so the module reads out of bounds, and the tool must report it.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
host=$(rustc -vV | sed -n 's/^host: //p')
build=$root/target/sanitize
python=${VIRTUAL_ENV:-$root/.venv}/bin/python
fault=99 # the exit code of a process with a memory error

# The tests that read and release the memory of other libraries. The others check answers.
doors=(tests/python/api/test_api.py tests/python/answers/test_per.py tests/python/runtime/test_free_threads.py
    tests/python/input/test_{bad_input,layouts,lifetimes,masked,numpy,producers,releases,sequences,streams}.py
    tests/python/input/test_temporal_producers.py tests/python/api/test_results.py
    tests/python/states/test_{groups,groups_refused,merging,moments,moments_table}.py)
pytest=(-m pytest -q -o addopts='-p no:cacheprovider')
hostile=(tests/python/input/test_{bad_input,releases}.py tests/python/answers/test_huge.py -k 'not memory and not absurd and not panics')

# The allocators to use.
export PYTHONMALLOC=malloc ARROW_DEFAULT_MEMORY_POOL=system PYTHONDONTWRITEBYTECODE=1
# Some tests allocate more memory than there is, and expect a MemoryError.
export ASAN_OPTIONS=allocator_may_return_null=1

instrumented() {
    RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address" RUSTDOCFLAGS="-Zsanitizer=address" CARGO_TARGET_DIR=$build \
        cargo "$@"
}

# Makes a package in directory $2 with the module $1, next to the installed one.
package() {
    mkdir -p "$2"
    ln -sfn "$root"/python/colstats/*.py "$root"/python/colstats/_native.pyi "$2"
    cp "$1" "$2/_native.abi3.so"
}

# The sanitizer's runtime as a shared library to preload into Python: rustc ships it as an archive only.
runtime() {
    local archive
    archive=$(echo "$(rustc --print sysroot)/lib/rustlib/$host/lib"/librustc-*_rt.asan.a)
    cp "$archive" "$build/runtime.a"
    ar d "$build/runtime.a" asan_preinit.cpp.o # initializes executables; a library initializes on first use
    cc -shared -o "$build/runtime.so" -Wl,--whole-archive "$build/runtime.a" -Wl,--no-whole-archive \
        -lpthread -ldl -lrt -lm
}

# A producer of three doubles that claims to have four.
control() {
    local status=0
    "$@" -c 'import sys; sys.path.insert(0, "tests/python")
import colstats; from support import producers; colstats.mean(producers.ArrayProducer(array={"length": 4}))' \
        >"$build/control" 2>&1 || status=$?
    [ "$status" = "$fault" ] && grep -q "$says" "$build/control" || {
        cat "$build/control" >&2
        echo "the control was not reported: expected $says" >&2
        exit 1
    }
    echo "the control was reported: $(grep -m 1 "$says" "$build/control")"
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
