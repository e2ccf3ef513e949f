# Sourced by the scripts beside it: Debian's Rust, for 64-bit ARM, whose programs run under QEMU.
target=aarch64-unknown-linux-gnu
export PATH=/usr/bin:$PATH CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
export CARGO_BUILD_TARGET=$target
# Beside what other compilers have built, which this one cannot use.
export CARGO_TARGET_DIR=$PWD/target/arm
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
# Without -L: Debian's C library for arm64 is in its own place. With a second one, threads hang.
emulator=qemu-aarch64-static
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER=$emulator
export RUSTFLAGS='-D warnings'
# More optimization would take longer than it saves.
export CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=false
