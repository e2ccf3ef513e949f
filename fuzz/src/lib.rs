//! Attacks on colstats: each takes any bytes, makes of them something to be computed or read, and
//! panics if the answer is not the one that the slow and obvious way gives.
//!
//! * [`engine`]: sums of floating-point columns, cut and masked, against the bucket engine;
//! * [`finishing`]: quotients and roots of sums against rational numbers;
//! * [`wire`]: states as bytes;
//! * [`doors`]: objects with the Arrow C interfaces whose structures lie, through the Python module.
//!
//! libFuzzer finds the bytes (`make fuzz`). Those that once found something, and a few that reach far,
//! are kept in `kept/` and attack again with each `cargo test`.

#[cfg(feature = "doors")]
pub mod doors;
pub mod engine;
pub mod finishing;
#[path = "../../tests/oracle/kernels.rs"]
mod kernels;
pub mod memory;
#[path = "../../tests/oracle/mod.rs"]
mod rationals;
pub mod wire;

#[cfg(test)]
mod tests {
    use super::*;

    /// Attacks with all that is kept for a target.
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

    #[cfg(feature = "doors")]
    #[test]
    fn doors_again() {
        again("doors", doors::attack_with_every_call);
    }
}
