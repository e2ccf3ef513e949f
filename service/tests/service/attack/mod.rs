//! Any bytes at every door of the service: JSON, messages of Arrow IPC, states, exports, and what other nodes offer. Each
//! is refused as the sender's fault, or taken; what is taken is valid, and accounts for each row. Nothing panics.
//!
//! This is a fuzz target, too, which compiles this file (`make fuzz FUZZ=service`): libFuzzer finds the bytes. What it
//! found, and what reaches far, is in `fuzz/kept/service`. An attack that damages everything finds nothing and looks
//! healthy, so a test asserts that each honest case is taken.

mod change;
mod doors;
mod honest;

use arbitrary::{Arbitrary, Unstructured};
use colstats_service::refusal::{Kind, Refusal};

use change::{Change, change};
use doors::Json;
use honest::Honest;

/// Something to send.
#[derive(Arbitrary, Clone, Debug)]
enum Case {
    /// One of the honest texts for a door, changed.
    Json { door: Json, text: u8, changes: Vec<Change> },
    /// Any text for a door.
    Text { door: Json, text: Vec<u8> },
    /// A stream of record batches of all types, of which some messages are changed: their header or their body.
    Messages { question: u8, changes: Vec<(u8, bool, Change)> },
    /// A table of states, of columns or of groups: the bytes of one, with or without a valid checksum.
    States { grouped: bool, cell: u8, repaired: bool, changes: Vec<Change> },
    /// The export of a dataset.
    Export { changes: Vec<Change> },
    /// What another node sends: a cell of its table, or a value in the metadata of its schema.
    Contribution { column: u8, row: u8, changes: Vec<Change> },
}

/// What becomes of a case that has been sent.
type Outcome = Result<(), Refusal>;

/// Whether the case in some bytes is taken; panics if a promise is broken.
pub fn attack(bytes: &[u8]) -> bool {
    let Ok(case) = Case::arbitrary(&mut Unstructured::new(bytes)) else { return false };
    match send(&case) {
        Ok(()) => true,
        Err(refusal) => {
            let is_ours = refusal.kind == Kind::Internal
                || refusal.message.contains("a fault of the service");
            assert!(!is_ours, "{case:?} is called a fault of the service: {refusal}");
            assert!(!refusal.message.is_empty(), "{case:?} is refused without a word");
            false
        }
    }
}

fn send(case: &Case) -> Outcome {
    Honest::with(|honest| match case {
        Case::Json { door, text, changes } => {
            let texts = door.honest();
            let text = texts[usize::from(*text) % texts.len()];
            door.enter(honest, &change(text.as_bytes(), changes))
        }
        Case::Text { door, text } => door.enter(honest, text),
        Case::Messages { question, changes } => doors::messages(honest, *question, changes),
        Case::States { grouped, cell, repaired, changes } => {
            doors::states(honest, *grouped, *cell, *repaired, changes)
        }
        Case::Export { changes } => doors::export(&change(&honest.export, changes)),
        Case::Contribution { column, row, changes } => {
            doors::contribution(honest, *column, *row, changes)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All cases without a change.
    fn honest_cases() -> Vec<Case> {
        let mut cases = vec![Case::Export { changes: vec![] }];
        for door in Json::ALL {
            let texts = 0..door.honest().len() as u8;
            cases.extend(texts.map(|text| Case::Json { door, text, changes: vec![] }));
        }
        for question in 0..honest::QUESTIONS.len() as u8 {
            cases.push(Case::Messages { question, changes: vec![] });
        }
        for cell in 0..8 {
            for (grouped, repaired) in [(false, false), (true, false), (false, true), (true, true)]
            {
                cases.push(Case::States { grouped, cell, repaired, changes: vec![] });
            }
        }
        for column in 0..7 {
            cases.push(Case::Contribution { column, row: 1, changes: vec![] });
        }
        cases
    }

    #[test]
    fn what_is_honest_is_taken() {
        for case in honest_cases() {
            send(&case).unwrap_or_else(|refusal| panic!("{case:?} is refused: {refusal}"));
        }
    }

    /// COLSTATS_ATTACKS=n: so many.
    #[test]
    fn any_bytes_are_refused_or_taken() {
        let count = std::env::var("COLSTATS_ATTACKS").ok().and_then(|count| count.parse().ok());
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut noise = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u8
        };
        let count = count.unwrap_or(6000);
        let mut taken = 0;
        for _ in 0..count {
            let length = 4 + noise() % 60;
            let bytes = (0..length).map(|_| noise()).collect::<Vec<_>>();
            taken += usize::from(attack(&bytes));
        }
        let refused = count - taken;
        assert!(taken > count / 50 && refused > count / 4, "{refused} refused, {taken} taken");
    }

    #[test]
    fn what_fuzzing_has_kept_is_refused_or_taken() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/kept/service");
        let mut files = 0;
        for file in std::fs::read_dir(folder).expect("a folder of kept inputs") {
            let path = file.expect("a file").path();
            println!("{}", path.display());
            attack(&std::fs::read(path).expect("its bytes"));
            files += 1;
        }
        assert!(files > 0, "nothing is kept");
    }
}
