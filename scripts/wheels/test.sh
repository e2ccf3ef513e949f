#!/usr/bin/env bash
# Tries each wheel in dist/wheels on an interpreter that loads it, and says which ones it could not try. Those of the
# stable ABI are also tried on NEWER="3.14 3.15" CPythons, from Debian's archive.
#
#     scripts/wheels/test.sh PYTHON INTERPRETER...      # PYTHON: an environment with the dependency group `wheels`
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$1
shift
scripts/wheels/tools.sh

install() { # WHEEL INTERPRETER
    rm -rf .venv-wheel
    "$2" -m venv .venv-wheel
    .venv-wheel/bin/python -m pip install --upgrade pip
    .venv-wheel/bin/python -m pip install "$1"
}

smoke() { # WHEEL INTERPRETER
    install "$@"
    scripts/wheels/smoke.sh .venv-wheel/bin/python
}

newer() { # VERSION
    scripts/debian/python.sh "$python" "$1"
}

not_run=()
for wheel in dist/wheels/*.whl; do
    echo "== $wheel"
    case $wheel in
    *-abi3-manylinux*_x86_64.whl)
        for interpreter in "$@"; do smoke "$wheel" "$interpreter"; done
        for version in ${NEWER:-3.14 3.15}; do smoke "$wheel" "$(newer "$version")"; done ;;
    *-abi3.abi3t-manylinux*_x86_64.whl) smoke "$wheel" "$(newer 3.15)" ;;
    *-abi3-manylinux*_aarch64.whl) WHEEL=$wheel scripts/arm/python.sh "$python" ;;
    *-abi3-musllinux*_x86_64.whl) scripts/wheels/test-musl.sh "$python" "$wheel" ;;
    *-cp314t-manylinux*_x86_64.whl)
        interpreter=$(command -v python3.14t || echo "$HOME/.local/python3.14t/bin/python3.14t")
        if [ -x "$interpreter" ]; then
            install "$wheel" "$interpreter"
            .venv-wheel/bin/python -W error scripts/try-wheel.py
        else
            not_run+=("$wheel")
        fi ;;
    *) not_run+=("$wheel") ;;
    esac
done
for wheel in "${not_run[@]}"; do
    echo "NOT RUN, FOR LACK OF AN INTERPRETER: $wheel"
done
