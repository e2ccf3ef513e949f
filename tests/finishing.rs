//! Finalization in fixed-width arithmetic against finalization in arbitrary precision, on sums that
//! are hard to round. Where the fixed width applies, it must give the same bits; and a bracket may be
//! settled only if all sums within it round to the same answer.
//!
//! `COLSTATS_STRESS` sets the number of cases; the default is 20,000.

#[path = "oracle/random.rs"]
mod random;

use colstats::internals::exact::{Bound, Form, Integer, quick, ratio};
use random::Random;

fn cases() -> u64 {
    random::cases(20_000)
}

/// A positive number of up to `max_bits` bits, all lengths equally likely; often a power of two or
/// next to one.
fn number(random: &mut Random, max_bits: u64) -> i128 {
    let bits = random.below(max_bits) + 1;
    let wide = u128::from(random.next()) << 64 | u128::from(random.next());
    let power = 1i128 << (bits - 1);
    match random.below(6) {
        0 => power,
        1 => power + 1,
        2 => (power - 1).max(1),
        _ => (wide >> (128 - bits)) as i128 | power,
    }
}

fn integer(value: i128, exponent: i32) -> Integer {
    let mut integer = Integer::new();
    integer.add(value, exponent);
    integer
}

/// The result in arbitrary precision.
fn general(form: Form, sum: &Integer, squares: &Integer, count: u64, ddof: u64) -> f64 {
    match form {
        Form::Root => ratio::decimal_stddev(sum, squares, count, ddof, 0),
        Form::Quotient => ratio::decimal_variance(sum, squares, count, ddof, 0),
    }
}

/// The sum, the sum of squares and the number of a few values, whose exponents differ more or less.
fn sums(random: &mut Random) -> (Integer, Integer, u64) {
    let count = match random.below(8) {
        0 => 1,
        1 => 2,
        _ => random.below(12) + 1,
    };
    let distance = random.pick(&[1, 8, 40, 75, 150, 700]);
    let scale = match random.below(4) {
        0 => random.below(2000) as i32 - 1074,
        _ => random.below(80) as i32 - 60,
    };
    let max_bits = random.pick(&[2, 12, 26, 53]);
    let (mut sum, mut squares) = (Integer::new(), Integer::new());
    let equal = random.below(5) == 0;
    let mut value = 0;
    for i in 0..count {
        if i == 0 || !equal {
            value = number(random, max_bits);
            if random.below(2) == 0 {
                value = -value;
            }
        }
        let exponent = scale + if equal { 0 } else { random.below(distance) as i32 };
        sum.add(value, exponent);
        squares.add(value * value, 2 * exponent);
    }
    // Repeat the values, for counts of every size.
    let doublings = if random.below(3) == 0 { random.below(50) as u32 } else { 0 };
    let (mut all, mut all_squares) = (Integer::new(), Integer::new());
    all.merge_repeated(&sum, doublings);
    all_squares.merge_repeated(&squares, doublings);
    (all, all_squares, count << doublings)
}

#[test]
fn fixed_width_results_equal_the_general_ones() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut means, mut spreads) = (0, 0);
    for case in 0..cases() {
        let (sum, squares, count) = sums(&mut random);
        let mean = quick::mean(&sum, count);
        means += u64::from(mean.is_some());
        if let Some(mean) = mean {
            let expected = ratio::decimal_mean(&sum, count, 0);
            assert_eq!(mean.to_bits(), expected.to_bits(), "case {case}: {sum:?} / {count}");
        }
        let ddof = random.pick(&[0, 1, count - 1]).min(count - 1);
        for form in [Form::Root, Form::Quotient] {
            let spread = quick::spread(form, &sum, &squares, count, ddof);
            spreads += u64::from(spread.is_some());
            if let Some(spread) = spread {
                let expected = general(form, &sum, &squares, count, ddof);
                assert_eq!(spread.to_bits(), expected.to_bits(), "case {case}: {form:?}");
            }
        }
    }
    // Not all: many of these sums are wider or narrower than those of any real data.
    assert!(means > cases() / 3 && spreads > cases() / 2, "{means} means, {spreads} spreads");
}

/// Sums whose quotient or root is at or next to a double, or the midpoint of two doubles.
#[test]
fn results_next_to_doubles_and_midpoints() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut found = 0;
    for case in 0..cases() {
        // 54 bits: doubles and the midpoints between them, and powers of two with both neighbours.
        let half = match random.below(3) {
            0 => (1u64 << 53) + random.below(5) - 2,
            1 => (1u64 << 54) - 1 - random.below(4),
            _ => 1 << 53 | random.next() >> 11,
        };
        let count = random.pick(&[1, 2, 3, 7, 1000, (1 << 32) - 1, 1 << 32]);
        let scale = random.below(300) as i32 - 150;
        let nudge = random.below(5) as i128 - 2;
        let below = random.below(90) as i32;

        let mut sum = integer(i128::from(half) * i128::from(count), scale);
        sum.add(nudge, scale - below);
        if let Some(mean) = quick::mean(&sum, count) {
            found += 1;
            let expected = ratio::decimal_mean(&sum, count, 0);
            assert_eq!(mean.to_bits(), expected.to_bits(), "case {case}: mean of {half}");
        }
        // If the sum is zero, the variance is n * S2 / (n * d) = S2 / d.
        let ddof = random.below(count.min(3));
        let divisor = i128::from(count - ddof);
        for form in [Form::Root, Form::Quotient] {
            let half = i128::from(half);
            let squares = match form {
                Form::Quotient => integer(half * divisor, 2 * scale),
                // The product may exceed 128 bits, so it is added in two parts.
                Form::Root => {
                    let mut squares = Integer::new();
                    let (low, high) = (divisor & 0x7ffff, divisor >> 19);
                    squares.add(half * half * low, 2 * scale);
                    squares.add(half * half * high, 2 * scale + 19);
                    squares
                }
            };
            let mut nudged = squares;
            nudged.add(nudge, 2 * scale - below);
            if let Some(spread) = quick::spread(form, &Integer::new(), &nudged, count, ddof) {
                found += 1;
                let expected = general(form, &Integer::new(), &nudged, count, ddof);
                assert_eq!(spread.to_bits(), expected.to_bits(), "case {case}: {form:?} of {half}");
            }
        }
    }
    assert!(found > 2 * cases(), "{found}");
}

/// Near the smallest normal double, the largest one, and the limits of the fixed width, the fast path
/// must decline or be right.
#[test]
fn limits_of_the_format_and_of_the_width() {
    for exponent in (-1140..-960).chain(960..1030).chain(-3..3) {
        for value in [1, 3, (1 << 53) - 1, (1 << 54) - 1, i128::MAX, -i128::MAX, i128::MIN] {
            let sum = integer(value, exponent);
            for count in [1, 3, 1 << 20] {
                let expected = ratio::decimal_mean(&sum, count, 0);
                if let Some(mean) = quick::mean(&sum, count) {
                    assert_eq!(mean.to_bits(), expected.to_bits(), "{value} {exponent} {count}");
                }
            }
            // As a sum of squares: the root has half the exponent.
            let squares = integer(value.unsigned_abs() as i128 >> 1, exponent);
            for form in [Form::Root, Form::Quotient] {
                let quick = quick::spread(form, &Integer::new(), &squares, 1, 0);
                let expected = general(form, &Integer::new(), &squares, 1, 0);
                assert!(quick.is_none_or(|quick| quick.to_bits() == expected.to_bits()));
            }
        }
    }
    // From a single limb to more than the fixed width holds.
    for bits in 1..420 {
        let (mut sum, mut squares) = (integer(-1, 0), integer(1, 0));
        sum.add(1, bits);
        squares.add(1, 2 * bits);
        for form in [Form::Root, Form::Quotient] {
            let quick = quick::spread(form, &sum, &squares, 2, 0);
            let expected = general(form, &sum, &squares, 2, 0);
            assert_eq!(quick.is_some(), bits < 192, "{bits}");
            assert!(quick.is_none_or(|quick| quick.to_bits() == expected.to_bits()), "{bits}");
        }
    }
}

#[test]
fn sums_that_do_not_fit_are_declined() {
    let (nothing, one) = (Integer::new(), integer(1, 0));
    for form in [Form::Root, Form::Quotient] {
        // The sum of 1 keeps the lowest exponent at 0.
        let spread = |squares, count| quick::spread(form, &one, &squares, count, 0);
        for bits in 350..384 {
            assert_eq!(spread(integer(3, bits), 1 << 20).is_some(), bits < 363, "{bits}");
        }
        assert_eq!(spread(integer(-3, 380), 1), None, "sums of squares are never negative");
        assert_eq!(spread(integer(1, 0), u64::MAX), None);
        // A slack as large as the sum of squares: the ends of the bracket round differently.
        for bits in 0..200 {
            let mut squares = integer(1, bits);
            squares.add(1, 0);
            let sums = [(&nothing, Bound::default()), (&squares, Bound::new(1, bits))];
            assert_eq!(quick::within_slack(form, sums, 1, 0), Some(None), "{bits}");
        }
    }
}

#[test]
fn settled_answers_hold_for_all_sums_within_the_slack() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let mut settled = 0;
    for case in 0..cases() {
        let count = random.below(5000) + 2;
        // Sums on a grid, as brackets have them.
        let sum = number(&mut random, 62) * if random.below(2) == 0 { 1 } else { -1 };
        let spread = number(&mut random, 100).unsigned_abs();
        let sum = sum >> random.below(60);
        let squares = sum.unsigned_abs().pow(2) / u128::from(count) + 1 + spread;
        if squares >> 126 != 0 {
            continue;
        }
        let exponent = 2 * (random.below(200) as i32 - 100);
        let below = random.below(70) as i32;
        let off = [random.below(1 << 20), random.below(1 << 40)];
        let slack =
            [Bound::new(off[0], exponent - below), Bound::new(off[1], 2 * exponent - below)];
        let (sum, squares) = (integer(sum, exponent), integer(squares as i128, 2 * exponent));
        let sums = [(&sum, slack[0]), (&squares, slack[1])];
        let ddof = random.below(2);
        for form in [Form::Root, Form::Quotient] {
            let Some(Some(answer)) = quick::within_slack(form, sums, count, ddof) else {
                continue;
            };
            settled += 1;
            for (first, second) in [(-1, -1), (-1, 1), (1, -1), (1, 1), (0, 0)] {
                let (mut sum, mut squares) = (sum.clone(), squares.clone());
                sum.add(first * i128::from(off[0]), exponent - below);
                squares.add(second * i128::from(off[1]), 2 * exponent - below);
                let expected = general(form, &sum, &squares, count, ddof);
                assert_eq!(answer.to_bits(), expected.to_bits(), "case {case}: {form:?}");
            }
        }
    }
    assert!(settled > cases() / 20, "{settled} of {}", cases());
}

/// A slack that reaches just below, up to and just beyond the next midpoint.
#[test]
fn brackets_are_settled_up_to_the_midpoint_and_no_further() {
    let half = (1i128 << 53) + 2; // a double; one more is a midpoint
    let squares = integer(half << 40, 0);
    for (units, is_settled) in [(0, true), (1 << 39, true), ((1 << 40) - 1, true), (1 << 40, false)]
    {
        let sums = [(&Integer::new(), Bound::new(0, 0)), (&squares, Bound::new(units, 0))];
        let answer = quick::within_slack(Form::Quotient, sums, 1, 0);
        let answer = answer.expect("it fits");
        assert_eq!(answer.is_some(), is_settled, "{units}");
        assert!(answer.is_none_or(|answer| answer == (half << 40) as f64));
    }
    // An upper end exactly on the midpoint would round to even, which is the other neighbour.
    for (units, is_settled) in [((1 << 39) - 1, true), (1 << 39, false)] {
        let squares = integer((half << 40) + (1 << 39), 0);
        let sums = [(&Integer::new(), Bound::default()), (&squares, Bound::new(units, 0))];
        let answer = quick::within_slack(Form::Quotient, sums, 1, 0);
        assert_eq!(answer.map(|answer| answer.is_some()), Some(is_settled), "{units}");
    }
    // The slack of the sum contributes its square, even if the sum is zero.
    for (units, is_settled) in [((1 << 20) - 1, true), (1 << 20, false)] {
        let sums = [(&Integer::new(), Bound::new(units, 0)), (&squares, Bound::default())];
        let answer = quick::within_slack(Form::Quotient, sums, 1, 0);
        assert_eq!(answer.map(|answer| answer.is_some()), Some(is_settled), "{units}");
    }
    // It also contributes twice its product with the sum; the slack of the squares, `count` times itself.
    let mut squares = integer((half << 36) + 1, 0);
    squares.add(1, 58);
    for (a, b, is_settled) in [(1 << 6, 0, true), (1 << 7, 0, false), (0, 8, true), (0, 16, false)]
    {
        let sums = [(&integer(1, 30), Bound::new(a, 0)), (&squares, Bound::new(b, 32))];
        let answer = quick::within_slack(Form::Quotient, sums, 4, 0);
        let answer = answer.expect("it fits");
        assert_eq!(answer.is_some(), is_settled, "{a} {b}");
    }
}
