//! Compiles the kernels, with the same compiler and optimisation as in all other probes.

fn main() {
    println!("cargo::rerun-if-changed=../kernels");
    cc::Build::new().file("../kernels/kernels.c").opt_level(3).compile("kernels");
}
