//! Answers for short pieces against exact arithmetic: on every instruction set, either the same bits or none.
//!
//! `COLSTATS_STRESS` sets the number of cases; the default is 20,000.

#[path = "oracle/random.rs"]
mod random;

use colstats::internals::exact::{Form, Integer, ratio};
use colstats::internals::kernels::Element;
use colstats::internals::kernels::dispatch::Isa;
use colstats::internals::kernels::floats::Ieee;
use colstats::internals::kernels::short::{Short, ShortResult, answer_on};
use half::f16;
use random::Random;

const SHORT: Short =
    Short { result: ShortResult::Sum, min_len: 1, skips_nulls: true, nan_settles: true };

/// The exact sum of finite doubles, and that of their squares.
fn sums(values: impl Iterator<Item = f64>) -> [Integer; 2] {
    let mut sums = [Integer::new(), Integer::new()];
    for value in values {
        let bits = value.to_bits();
        let field = (bits >> 52 & 0x7ff) as i32;
        let hidden = u64::from(field > 0) << 52;
        let significand = i128::from(bits & ((1 << 52) - 1) | hidden);
        let exponent = field.max(1) - 1075;
        sums[0].add(if value.is_sign_negative() { -significand } else { significand }, exponent);
        sums[1].add(significand * significand, 2 * exponent);
    }
    sums
}

fn results(len: usize) -> impl Iterator<Item = ShortResult> {
    let spreads = [(Form::Root, 0), (Form::Root, 1), (Form::Quotient, 0), (Form::Quotient, 1)];
    let spreads = spreads.into_iter().filter(move |(_, ddof)| *ddof < len as u64);
    let spreads = spreads.map(|(form, ddof)| ShortResult::Spread { form, ddof });
    [ShortResult::Sum, ShortResult::Mean].into_iter().chain(spreads)
}

fn exact([sum, squares]: &[Integer; 2], len: usize, result: ShortResult) -> f64 {
    let count = len as u64;
    match result {
        ShortResult::Sum => ratio::mean(sum, 1),
        ShortResult::Mean => ratio::mean(sum, count),
        ShortResult::Spread { form: Form::Root, ddof } => ratio::stddev(sum, squares, count, ddof),
        ShortResult::Spread { form: Form::Quotient, ddof } => {
            ratio::variance(sum, squares, count, ddof)
        }
    }
}

/// Checks all results of a piece; returns how many there are, and how many took another way.
fn check<T: Element>(values: &[T], sums: &[Integer; 2], of: &str) -> [usize; 2] {
    let [mut asked, mut open] = [0, 0];
    for isa in Isa::detected() {
        for result in results(values.len()) {
            asked += 1;
            match answer_on(isa, values, Short { result, min_len: 1, ..SHORT }) {
                None => open += 1,
                Some(answer) => {
                    let expected = exact(sums, values.len(), result);
                    let len = values.len();
                    // `special_values_and_zeros` checks the signs of zeros.
                    let are_zero = answer == 0.0 && expected == 0.0;
                    assert!(
                        are_zero || answer.to_bits() == expected.to_bits(),
                        "{isa:?} {result:?} of {len} {of}: {answer:e}, not {expected:e}"
                    );
                }
            }
        }
    }
    [asked, open]
}

fn check_floats<T: Ieee>(values: &[T], widen: fn(T) -> f64, of: &str) -> [usize; 2] {
    check(values, &sums(values.iter().map(|&value| widen(value))), of)
}

/// Nearly normal: the sum of twelve uniform numbers.
fn normal(random: &mut Random) -> f64 {
    (0..12).map(|_| (random.next() >> 11) as f64 * 2f64.powi(-53)).sum::<f64>() - 6.0
}

fn length(random: &mut Random) -> usize {
    let most = random.pick(&[3, 20, 40, 150, 1100, 4200, 17_000]);
    random.below(most) as usize + 1
}

/// Doubles of a kind; the name of the kind.
fn doubles(random: &mut Random, len: usize) -> (Vec<f64>, &'static str) {
    let kind = random.below(12);
    let scale = 2f64.powi(random.pick(&[0, 0, 7, -80, 300, -300, 700, -700, -1000]));
    let constant = normal(random);
    let name = [
        "normal",
        "small integers",
        "constant",
        "offset",
        "exponents 2^±40",
        "all bits",
        "sixteenths",
        "alternating",
        "subnormal",
        "neighbours",
        "powers of two",
        "one outlier",
    ][kind as usize];
    let values = (0..len).map(|i| {
        let x = normal(random);
        scale
            * match kind {
                0 => x,
                1 => (8.0 * x).round(),
                2 => constant,
                3 => 1e9 + x,
                4 => x * 2f64.powi(random.below(81) as i32 - 40),
                5 => f64::from_bits(random.next() & !(1 << 62)) * 2f64.powi(400),
                6 => (160.0 * x).round() / 16.0,
                7 if i % 2 == 0 => constant + x * 1e-9,
                7 => -constant,
                8 => f64::from_bits(random.next() >> 12),
                9 => f64::from_bits(constant.to_bits() + random.below(2)),
                10 => 2f64.powi(random.below(30) as i32),
                _ if i == len / 2 => 1e25 * x,
                _ => x,
            }
    });
    (values.collect(), name)
}

#[test]
fn answers_are_exact_or_none() {
    let mut random = Random(0x5eed);
    for _ in 0..random::cases(20_000) / 10 {
        let len = length(&mut random);
        let (values, name) = doubles(&mut random, len);
        if values.iter().all(|value| value.is_finite()) {
            check_floats(&values, |value| value, name);
        }
        let singles = values.iter().map(|&value| value as f32).collect::<Vec<_>>();
        if singles.iter().all(|value| value.is_finite()) {
            check_floats(&singles, f64::from, name);
        }
        let halves = values.iter().map(|&value| f16::from_f64(value)).collect::<Vec<_>>();
        if halves.iter().all(|value| value.is_finite()) {
            check_floats(&halves, f64::from, name);
        }
    }
}

#[test]
fn answers_for_integers_are_exact_or_none() {
    let mut random = Random(0x1e55);
    for _ in 0..random::cases(20_000) / 10 {
        let len = length(&mut random);
        let drop = random.below(64);
        let wide = (0..len).map(|_| random.next() as i64 >> drop).collect::<Vec<_>>();
        check(&wide, &integer_sums(&wide), "int64");
        let narrow = wide.iter().map(|&value| value as i16).collect::<Vec<_>>();
        check(&narrow, &integer_sums(&narrow), "int16");
        let unsigned = wide.iter().map(|&value| value as u64).collect::<Vec<_>>();
        check(&unsigned, &integer_sums(&unsigned), "uint64");
    }
}

fn integer_sums<T: Copy + Into<i128>>(values: &[T]) -> [Integer; 2] {
    let mut sums = [Integer::new(), Integer::new()];
    for &value in values {
        let value = value.into();
        sums[0].add(value, 0);
        let square = value.unsigned_abs() * value.unsigned_abs();
        sums[1].add_digits(&[square as u64, (square >> 64) as u64, 0], 0);
    }
    sums
}

/// Terms that decide between two doubles are hidden below others that cancel.
#[test]
fn the_smallest_term_decides() {
    let mut random = Random(0xdec1de);
    for _ in 0..random::cases(20_000) {
        let mut values = vec![1.0, 2f64.powi(-53)]; // halfway between two doubles
        for _ in 0..random.below(20) {
            let hidden = normal(&mut random) * 2f64.powi(-(random.below(160) as i32));
            values.extend([hidden, -hidden]);
        }
        let mut tiny = 2f64.powi(-(random.below(200) as i32 + 54));
        if random.below(2) == 0 {
            // Values that are multiplied by a power of two before they are summed, which the term does not survive.
            values.iter_mut().for_each(|value| *value *= 2f64.powi(1008));
            tiny = f64::from_bits(1 << random.below(62));
        }
        values.push(if random.below(2) == 0 { tiny } else { -tiny });
        if random.below(2) == 0 {
            values.resize(values.len().next_power_of_two(), 0.0);
        }
        for i in (1..values.len()).rev() {
            values.swap(i, random.below(i as u64 + 1) as usize);
        }
        check_floats(&values, |value| value, "hidden terms");
    }
}

/// What users have is answered: hardly any piece takes another way.
#[test]
fn most_answers_need_no_state() {
    let mut random = Random(0xab1e);
    let has_vectors = Isa::detected().len() > 1;
    // How many answers there must be for each that is left open. A few of far larger values are nearly ties.
    type Of = fn(f64, &mut Random) -> f64;
    let kinds: [(&str, usize, Of); 5] = [
        ("normal", 1000, |x, _| x),
        ("far from zero", 1000, |x, _| 1e9 + x),
        ("large", 1000, |x, _| x * 2f64.powi(1015)),
        ("small", 1000, |x, _| x * 2f64.powi(-900)),
        ("of all exponents", 200, |x, random| x * 2f64.powi(random.below(2030) as i32 - 1015)),
    ];
    for (name, share, of) in kinds {
        let [mut asked, mut open] = [0, 0];
        for case in 0..300 {
            let len = 2 + 7 * case % 2000;
            let value = |_| {
                let x = normal(&mut random);
                of(x, &mut random)
            };
            let values = (0..len).map(value).collect::<Vec<_>>();
            let sums = sums(values.iter().copied());
            for isa in Isa::detected().into_iter().filter(|&isa| isa != Isa::Portable) {
                for result in results(len) {
                    let expected = exact(&sums, len, result);
                    let answer = answer_on(isa, &values, Short { result, ..SHORT });
                    assert!(answer.is_none_or(|it| it == expected));
                    asked += usize::from(expected.is_normal());
                    open += usize::from(expected.is_normal() && answer.is_none());
                }
            }
        }
        assert_eq!(asked > 0, has_vectors);
        assert!(share * open <= asked, "{open} of {asked} {name}");
    }
}

fn is_sample(result: ShortResult) -> bool {
    matches!(result, ShortResult::Spread { ddof: 1, .. })
}

/// An infinity is the sum and the mean, unless there is one of the other sign.
fn check_infinities(
    len: usize,
    has_state: bool,
    answer: impl Fn(Vec<f64>) -> Option<f64>,
    is_spread: bool,
) {
    for infinity in [f64::INFINITY, f64::NEG_INFINITY] {
        let mut values = vec![1.5; len];
        values[len / 2] = infinity;
        let is_right = |it: f64| if is_spread { it.is_nan() } else { it == infinity };
        assert_eq!(answer(values.clone()).is_some_and(is_right), !has_state);
        if len > 1 {
            values[0] = -infinity;
            assert_eq!(answer(values.clone()).is_some_and(f64::is_nan), !has_state);
        }
    }
}

#[test]
fn special_values_and_zeros() {
    let zeros = |len: usize| (0..len).map(|i| if i == len / 2 { 0.0 } else { -0.0 }).collect();
    for isa in Isa::detected() {
        for len in [1, 7, 200, 3000] {
            for result in results(len) {
                let min_len = 1 + usize::from(is_sample(result));
                let short = Short { result, min_len, ..SHORT };
                let answer = |values: Vec<f64>, short| answer_on(isa, &values, short);
                let bits = |values| answer(values, short).map(f64::to_bits);
                let is_spread = matches!(result, ShortResult::Spread { .. });
                let has_state = is_spread && len > 2048;
                let zero = if is_spread { 0.0f64 } else { -0.0 };
                let expected = |answer: f64| (!has_state).then_some(answer.to_bits());
                assert_eq!(bits(zeros(len)), expected(0.0), "{isa:?} {short:?}");
                assert_eq!(bits(vec![-0.0; len]), expected(zero), "{isa:?} {short:?}");
                check_infinities(len, has_state, |values| answer(values, short), is_spread);

                let mut values = vec![1.5; len];
                values[len / 2] = f64::NAN;
                assert_eq!(answer(values.clone(), short).is_some_and(f64::is_nan), !has_state);
                let nan_is_null = Short { nan_settles: false, ..short };
                let refused = answer(values.clone(), Short { skips_nulls: false, ..nan_is_null });
                assert_eq!(refused, None);
                let skipped = answer(values, nan_is_null);
                let is_answered = (2 + usize::from(is_sample(result))..=1024).contains(&len);
                let expected = if is_spread { 0.0 } else { 1.5 };
                match result {
                    ShortResult::Sum => assert_eq!(skipped.is_some(), is_answered),
                    _ => assert_eq!(skipped, is_answered.then_some(expected)),
                }
            }
        }
        let short = Short { result: ShortResult::Mean, min_len: 3, ..SHORT };
        assert_eq!(answer_on(isa, &[1.0, 2.0], short), None);
        assert_eq!(answer_on(isa, &[1.0; 20_000], short), None);
        assert_eq!(answer_on(isa, &[-7i64, 7], Short { min_len: 1, ..short }), Some(0.0));
    }
}
