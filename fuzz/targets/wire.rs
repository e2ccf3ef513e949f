#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| colstats_fuzz::wire::attack(bytes));
