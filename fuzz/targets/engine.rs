#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| colstats_fuzz::engine::attack(bytes));
