#!/usr/bin/env bash
# Builds a wheel for 64-bit ARM, or takes WHEEL, and runs a part of the Python tests under emulation: Debian's own Python
# for arm64, with the wheels of PyPI, unpacked into target/arm. Arguments go to pytest.
#
#     [WHEEL=dist/wheels/...aarch64.whl] scripts/arm/python.sh PYTHON [ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$PWD/$1 # the environment in which maturin is installed
shift
source scripts/arm/environment.sh
source scripts/wheels/tests.sh
root=$CARGO_TARGET_DIR/debian
site=$CARGO_TARGET_DIR/site-packages
libraries=$root/usr/lib/aarch64-linux-gnu:$root/lib/aarch64-linux-gnu

# Python and the libraries that its modules need. Not the C library, of which there must be only one.
if [ ! -x "$root/usr/bin/python3.11" ]; then
    mkdir -p "$root/packages"
    (cd "$root/packages" && apt-get -qq download \
        {python3.11,libpython3.11}-minimal:arm64 libpython3.11-stdlib:arm64 {libexpat1,zlib1g,libssl3,libffi8}:arm64 \
        {libbz2-1.0,liblzma5,libsqlite3-0,libuuid1,libcrypt1,libstdc++6,libncursesw6,libtinfo6,libreadline8}:arm64)
    for package in "$root"/packages/*.deb; do
        dpkg-deb --extract "$package" "$root"
    done
fi

if [ ! -d "$site/pyarrow" ]; then
    # Wheels for the C library of Debian 12, or an older one.
    "$python" -m pip install --quiet --target "$site" --python-version 3.11 --only-binary=:all: \
        --platform={manylinux2014,manylinux_2_{17..36}}_aarch64 \
        'arro3-core>=0.9' duckdb hypothesis nanoarrow numpy pandas polars pyarrow pytest pytest-run-parallel tqdm
fi

rm -rf "$CARGO_TARGET_DIR/wheels" "$site"/colstats*
if [ -z "${WHEEL:-}" ]; then
    "$python" -m maturin build --quiet --locked --profile dev --target "$target" --auditwheel skip \
        --out "$CARGO_TARGET_DIR/wheels"
    WHEEL=$(echo "$CARGO_TARGET_DIR"/wheels/*.whl)
fi
"$python" -m zipfile --extract "$WHEEL" "$site"

if [ $# = 0 ]; then
    set -- "${portable_tests[@]}"
fi
PYTHONHOME=$root/usr PYTHONPATH=$site:tests/python LD_LIBRARY_PATH= \
    "$emulator" -E LD_LIBRARY_PATH="$libraries" "$root/usr/bin/python3.11" -m pytest -q -o addopts='-p no:cacheprovider' \
    "$@"
