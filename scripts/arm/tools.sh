#!/usr/bin/env bash
# Sees to the tools that test-arm needs: a cross compiler with the standard library of Rust for 64-bit ARM, and QEMU.
# Root on Debian gets what is missing by apt; anyone else is told what it is. Fails if something is still missing.
set -euo pipefail
# Debian's own Rust, which lives beside the one of rustup.
packages=(rustc-web cargo-web libstd-rust-web-dev:arm64 gcc-aarch64-linux-gnu libc6-dev-arm64-cross libc6:arm64 qemu-user-static)

missing() {
    local found
    for package in "${packages[@]}"; do
        found=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || true
        [ "$found" = installed ] || echo "$package"
    done
}

if ! command -v apt-get >/dev/null; then
    echo "test-arm takes its compiler and emulator from Debian's packages, and there is no apt-get here" >&2
    exit 1
fi
mapfile -t wanted < <(missing)
if [ "${#wanted[@]}" -gt 0 ] && [ "$(id -u)" = 0 ]; then
    echo "installing ${wanted[*]}, and arm64 as a foreign architecture, by apt-get"
    dpkg --add-architecture arm64
    options=(-qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20)
    apt-get "${options[@]}" update && DEBIAN_FRONTEND=noninteractive \
        apt-get "${options[@]}" install --yes --no-install-recommends "${wanted[@]}" >/dev/null || true
    mapfile -t wanted < <(missing)
fi
if [ "${#wanted[@]}" -gt 0 ]; then
    cat >&2 <<EOF
test-arm needs packages of Debian 12 that are not installed: ${wanted[*]}
As root: dpkg --add-architecture arm64 && apt-get update && apt-get install --no-install-recommends ${packages[*]}
EOF
    exit 1
fi
