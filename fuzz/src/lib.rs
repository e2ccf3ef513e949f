//! Attacks on colstats, which are fuzz targets: each turns any bytes into something to compute or read,
//! and panics if the answer differs from that of a slow and obvious reference implementation.
//!
//! * [`engine`]: sums of floating-point columns, cut and masked, against the bucket engine;
//! * [`finishing`]: quotients and roots of sums against rational numbers;
//! * [`wire`]: serialized states;
//! * [`doors`]: objects with the Arrow C interfaces whose structures lie, through the Python module;
//! * `service`: what comes over the network to the service: JSON, Arrow IPC, states. It is a test of the service, which
//!   runs what is kept for it.
//!
//! An attack that refuses its own input finds nothing and looks healthy. So each asserts that honest
//! input is answered, and does so without fuzzing in the tests here.
//!
//! libFuzzer finds the bytes (`make fuzz`). Inputs that once found a fault, and some that reach far into
//! the code, are kept in `kept/` and run again by `make test-fuzz`.

#[cfg(feature = "service")]
#[path = "../../service/tests/service/columns.rs"]
mod columns;
#[cfg(feature = "doors")]
pub mod doors;
pub mod engine;
pub mod finishing;
#[path = "../../tests/oracle/kernels.rs"]
mod kernels;
pub mod memory;
#[path = "../../tests/oracle/mod.rs"]
mod rationals;
#[cfg(feature = "service")]
#[path = "../../service/tests/service/attack/mod.rs"]
pub mod service;
pub mod wire;

/// Any bytes, but always the same ones.
#[cfg(test)]
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    });
    words.take(length).map(|word| word as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Attacks with all inputs that are kept for a target.
    fn again(target: &str, attack: impl Fn(&[u8])) {
        let folder = format!("{}/kept/{target}", env!("CARGO_MANIFEST_DIR"));
        let mut files = 0;
        for file in std::fs::read_dir(folder).expect("a folder of kept inputs") {
            let path = file.expect("a file").path();
            println!("{}", path.display());
            attack(&std::fs::read(path).expect("its bytes"));
            files += 1;
        }
        assert!(files > 0, "nothing is kept for {target}");
    }

    #[test]
    fn engine_again() {
        again("engine", engine::attack);
    }

    #[test]
    fn finishing_again() {
        again("finishing", finishing::attack);
    }

    #[test]
    fn wire_again() {
        again("wire", wire::attack);
    }

    /// No input is too short or too strange to be a case.
    #[test]
    fn any_bytes_are_cases() {
        for seed in 0..300 {
            let bytes = noise(seed, seed as usize % 200);
            assert!(engine::is_case(&bytes) && finishing::is_case(&bytes) && wire::is_case(&bytes));
            engine::attack(&bytes);
            finishing::attack(&bytes);
            wire::attack(&bytes);
        }
    }

    #[cfg(feature = "doors")]
    #[test]
    fn doors_again() {
        again("doors", doors::attack_with_every_call);
    }
}
