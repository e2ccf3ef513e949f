//! Compiles the kernels, by the same compiler and with the same optimisation as everywhere.

fn main() {
    println!("cargo::rerun-if-changed=../kernels");
    cc::Build::new().file("../kernels/kernels.c").opt_level(3).compile("kernels");
}
