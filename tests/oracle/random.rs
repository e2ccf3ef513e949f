//! Pseudo-random test cases, the same in every run.

/// Marsaglia's xorshift generator: small, and the same on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`, from the upper bits, which are the better ones.
    pub fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// The number of cases: `COLSTATS_STRESS` if it is set, else the default.
pub fn cases(default: u64) -> u64 {
    let stress = std::env::var("COLSTATS_STRESS").ok().and_then(|cases| cases.parse().ok());
    stress.unwrap_or(default)
}
