#![no_main]

use std::panic;
use std::sync::Once;

/// libFuzzer would abort at each panic, but one in the reader of arrow-rs is caught and refused.
fn leave_panics_to_those_who_catch_them() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| panic::set_hook(Box::new(|_| {})));
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    leave_panics_to_those_who_catch_them();
    let attacked = panic::catch_unwind(|| colstats_fuzz::service::attack(bytes));
    if let Err(panic) = attacked {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        eprintln!("{}", said.or_else(|| panic.downcast_ref().copied()).unwrap_or("a panic"));
        std::process::abort();
    }
});
