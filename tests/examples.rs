//! Runs the examples, whose assertions must hold.

#[path = "../examples/columns.rs"]
mod columns;
#[path = "../examples/merge.rs"]
mod merge;
#[path = "../examples/slices.rs"]
mod slices;

#[test]
fn arrow_columns() {
    columns::main().expect("every statistic is supported");
}

#[test]
fn states_merge() {
    merge::main().expect("every state is accepted");
}

#[test]
fn slices_are_exact() {
    slices::main();
}
