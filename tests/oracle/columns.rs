//! Columns of doubles that are hard to sum.

use crate::random::Random;

/// A column whose exponents, significands, signs and special values vary from case to case.
pub fn column(random: &mut Random) -> Vec<f64> {
    let length = match random.below(4) {
        0 => random.below(301),
        1 => random.pick(&[512, 1024, 2048]) + random.below(19) - 9,
        _ => random.below(5000),
    };
    let base = random.pick(&[0, 0, 0, 100, -380, 480, -1000, 900]) + random.below(40) as i64 - 20;
    let spread = random.pick(&[0, 1, 4, 10, 16, 18, 20, 30, 36, 40, 44, 60, 64, 200, 2000]);
    let significant = random.pick(&[1, 8, 24, 30, 47, 48, 53]);
    let (signs, drift) = (random.below(3), random.below(4));
    let special = random.below(4) == 0;
    // Equal values push every accumulator in one direction, as far as it can go.
    let equal = (random.below(4) == 0).then(|| random.next() | random.next());
    (0..length)
        .map(|i| {
            let fresh = random.next();
            let bits = equal.map_or(fresh, |bits| bits & !(fresh & 0x10));
            if bits & 0x3ff == 5 {
                return random.pick(&[0.0, -0.0, 0.0]);
            }
            if special && bits & 0x1ff == 9 {
                return random.pick(&[
                    f64::NAN,
                    f64::INFINITY,
                    f64::NEG_INFINITY,
                    5e-324,
                    f64::MAX,
                ]);
            }
            let moved = [0, i as i64 / 700, -(i as i64 / 500), 0][drift as usize];
            let scatter = if equal.is_some() { 0 } else { random.below(spread + 1) };
            let exponent = base + moved - scatter as i64;
            let full = if bits & 7 == 0 { u64::MAX } else { bits };
            let fraction = full & !((1 << (53 - significant)) - 1) & ((1 << 52) - 1);
            let field = (exponent + 1023).clamp(0, 2046) as u64;
            let negative = [0, bits >> 63, i % 2][signs as usize];
            f64::from_bits(negative << 63 | field << 52 | fraction)
        })
        .collect()
}
