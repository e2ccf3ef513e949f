//! One hash for every processor: the states and answers of a corpus of columns are the same bits on every
//! instruction set, of every architecture. `make test-arm` and `make test-wasm` compare it where the corpus is compiled
//! for another.
//!
//! `COLSTATS_GOLDEN=file cargo test --test golden` writes the text that is hashed, a line for each column, so that
//! `diff` finds the columns that differ between two machines. A change that the hash notices breaks states that users
//! have stored, unless it changes the corpus itself.

#[path = "oracle/corpus.rs"]
mod corpus;
#[path = "oracle/golden.rs"]
mod golden;
#[allow(dead_code)] // other tests use more of it
#[path = "oracle/random.rs"]
mod random;
#[path = "oracle/sha256.rs"]
mod sha256;

use colstats::internals::kernels::dispatch::Isa;
use golden::{GOLDEN, text};
use sha256::sha256;

/// On the instruction set that the process uses.
#[test]
fn all_bits_are_golden() {
    let text = text();
    if let Some(path) = std::env::var_os("COLSTATS_GOLDEN") {
        std::fs::write(path, &text).expect("the file can be written");
    }
    let isa = Isa::current().name();
    assert_eq!(sha256(&text), GOLDEN, "on {isa}, {} columns", text.lines().count());
}

/// On each of the others that the processor has, in a process of its own. An emulator runs it that
/// `COLSTATS_EMULATOR` names.
#[test]
#[cfg(not(target_family = "wasm"))]
fn all_bits_are_golden_on_lower_instruction_sets() {
    let program = std::env::current_exe().expect("the path of the tests");
    for isa in Isa::detected().into_iter().filter(|&isa| isa < Isa::current()) {
        let emulator = std::env::var_os("COLSTATS_EMULATOR");
        let mut command =
            std::process::Command::new(emulator.as_deref().unwrap_or(program.as_os_str()));
        if emulator.is_some() {
            command.arg(&program);
        }
        command.args(["--exact", "all_bits_are_golden"]).env("COLSTATS_ISA", isa.name());
        let output = command.env_remove("COLSTATS_GOLDEN").output().expect("the tests can be run");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && printed.contains("1 passed"),
            "{}: {printed}",
            isa.name()
        );
    }
}

#[test]
fn hashes_are_sha256() {
    for (text, hash) in [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        // The first that does not fit one chunk with its length.
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ] {
        assert_eq!(sha256(text), hash);
    }
}
