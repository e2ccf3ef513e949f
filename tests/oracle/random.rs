//! Cases made by chance, the same in every run.

/// Marsaglia's xorshift: small, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// The highest bits: those below are not as good.
    pub fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// How many cases there are: `COLSTATS_STRESS`, if it is set.
pub fn cases(otherwise: u64) -> u64 {
    let stress = std::env::var("COLSTATS_STRESS").ok().and_then(|cases| cases.parse().ok());
    stress.unwrap_or(otherwise)
}
