//! The golden hash under WebAssembly: `run.mjs` calls these functions.

#[path = "../oracle/corpus.rs"]
mod corpus;
#[path = "../oracle/golden.rs"]
mod golden;
#[allow(dead_code)] // other tests use more of it
#[path = "../oracle/random.rs"]
mod random;
#[path = "../oracle/sha256.rs"]
mod sha256;

use std::sync::OnceLock;

/// The expected hash and the computed one, 64 characters each, and the text.
fn results() -> &'static str {
    static RESULTS: OnceLock<String> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let text = golden::text();
        [golden::GOLDEN, &sha256::sha256(&text), &text].concat()
    })
}

/// Where the results begin.
#[unsafe(no_mangle)]
pub extern "C" fn start() -> *const u8 {
    results().as_ptr()
}

/// How long they are, in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn length() -> usize {
    results().len()
}
