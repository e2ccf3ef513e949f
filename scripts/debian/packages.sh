#!/usr/bin/env bash
# Sees to Debian's packages that a target of the Makefile needs. Root on Debian gets what is missing by apt; anyone else
# is told what it is. Fails if something is still missing.
#
#     scripts/debian/packages.sh TARGET PACKAGE...
set -euo pipefail
target=$1
shift

missing() {
    local package found
    for package in "$@"; do
        found=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || true
        [ "$found" = installed ] || echo "$package"
    done
}

if ! command -v apt-get >/dev/null; then
    echo "$target takes its tools from Debian's packages, and there is no apt-get here" >&2
    exit 1
fi
mapfile -t wanted < <(missing "$@")
if [ "${#wanted[@]}" -gt 0 ] && [ "$(id -u)" = 0 ]; then
    echo "installing ${wanted[*]}, and arm64 as a foreign architecture, by apt-get"
    dpkg --add-architecture arm64
    options=(-qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20)
    apt-get "${options[@]}" update && DEBIAN_FRONTEND=noninteractive \
        apt-get "${options[@]}" install --yes --no-install-recommends "${wanted[@]}" >/dev/null || true
    mapfile -t wanted < <(missing "$@")
fi
if [ "${#wanted[@]}" -gt 0 ]; then
    cat >&2 <<EOF
$target needs packages of Debian 12 that are not installed: ${wanted[*]}
As root: dpkg --add-architecture arm64 && apt-get update && apt-get install --no-install-recommends $*
EOF
    exit 1
fi
