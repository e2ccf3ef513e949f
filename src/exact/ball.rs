//! Exact numbers with an error: what statistics of inexact sums come to.
//!
//! A ball is a middle and a bound on how far off it is. Sums and products of balls hold all sums and products of the
//! numbers in them. If both ends of a quotient of balls round to the same double, that is the quotient of the numbers
//! that are meant: Ziv's strategy. Exact numbers are balls without an error, and cost hardly more.

use super::bound::Bound;
use super::guess::Form;
use super::integer::Integer;
use super::rational;

/// Two to this power is above all sums of `2^64` products of up to eight doubles.
const UNKNOWN_EXPONENT: i32 = 1 << 14;

/// An integer multiple of a power of two, to within a bound.
#[derive(Clone, Debug)]
pub struct Ball {
    middle: Integer,
    radius: Bound,
}

/// A result that an error leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecided;

impl Ball {
    /// A number that is off by a bound at most.
    pub fn new(middle: Integer, radius: Bound) -> Self {
        Self { middle, radius }
    }

    /// Any number that a sum of products of doubles may be.
    pub fn unknown() -> Self {
        Self::new(Integer::new(), Bound::new(1, UNKNOWN_EXPONENT))
    }

    /// Adds another number.
    pub fn add(&mut self, other: &Self) {
        self.middle.merge(&other.middle);
        self.radius = self.radius.plus(other.radius);
    }

    /// Subtracts another number.
    pub fn subtract(&mut self, other: &Self) {
        self.middle.subtract(&other.middle);
        self.radius = self.radius.plus(other.radius);
    }

    /// The sum.
    pub fn plus(mut self, other: &Self) -> Self {
        self.add(other);
        self
    }

    /// The difference.
    pub fn minus(mut self, other: &Self) -> Self {
        self.subtract(other);
        self
    }

    /// The product.
    pub fn times(&self, other: &Self) -> Self {
        let mut radius = Bound::default();
        if !self.is_exact() {
            radius = self.radius.times(Bound::of(&other.middle).plus(other.radius));
        }
        if !other.is_exact() {
            radius = radius.plus(other.radius.times(Bound::of(&self.middle)));
        }
        Self::new(self.middle.times(&other.middle), radius)
    }

    /// The number, if it has no error.
    pub fn into_middle(self) -> Integer {
        self.middle
    }

    /// Whether there is no error.
    pub fn is_exact(&self) -> bool {
        self.radius.is_zero()
    }

    /// Whether the number is zero.
    ///
    /// # Errors
    /// [`Undecided`] if the error leaves that open.
    pub fn is_zero(&self) -> Result<bool, Undecided> {
        if self.is_exact() {
            return Ok(self.middle.is_zero());
        }
        let [low, high] = self.ends();
        let has_sign = low.is_negative() == high.is_negative() && !low.is_zero();
        if has_sign && !high.is_zero() { Ok(false) } else { Err(Undecided) }
    }

    /// Whether the number is below zero, if it is not zero.
    pub fn is_negative(&self) -> bool {
        self.middle.is_negative()
    }

    /// The quotient by another number and by `10^tens` as a numerator and a denominator.
    pub fn over_tens(&self, denominator: &Self, tens: i32) -> (Self, Self) {
        let power = Self::from(rational::power_of_ten(tens.unsigned_abs()));
        match tens {
            ..0 => (self.times(&power), denominator.clone()),
            _ => (self.clone(), denominator.times(&power)),
        }
    }

    /// The quotient by a number that is not negative, correctly rounded.
    ///
    /// # Errors
    /// [`Undecided`] if the error leaves it open.
    pub fn quotient(&self, denominator: &Self) -> Result<f64, Undecided> {
        self.settled(denominator, rational::quotient)
    }

    /// The root of the quotient of numbers that are not negative, correctly rounded, with a sign.
    ///
    /// # Errors
    /// [`Undecided`] if the error leaves it open.
    pub fn root_of_quotient(&self, denominator: &Self, negative: bool) -> Result<f64, Undecided> {
        if !self.is_exact() && self.ends()[0].is_negative() {
            return Err(Undecided);
        }
        self.settled(denominator, |numerator, denominator| {
            rational::nearest(Form::Root, negative, numerator, denominator)
        })
    }

    /// The quotient by a number that is not negative, as the nearest integer, ties to the even one, if it is not too large.
    ///
    /// # Errors
    /// [`Undecided`] if there is an error.
    pub fn nearest_integer(&self, denominator: &Self) -> Result<Option<i128>, Undecided> {
        match self.is_exact() && denominator.is_exact() {
            true => Ok(rational::nearest_integer(&self.middle, &denominator.middle)),
            false => Err(Undecided),
        }
    }

    /// The same of the root of the quotient.
    ///
    /// # Errors
    /// [`Undecided`] if there is an error.
    pub fn nearest_integer_root(&self, denominator: &Self) -> Result<Option<i128>, Undecided> {
        match self.is_exact() && denominator.is_exact() {
            true => Ok(rational::nearest_integer_root(&self.middle, &denominator.middle)),
            false => Err(Undecided),
        }
    }

    /// What both ends of a quotient are rounded to.
    fn settled(
        &self,
        denominator: &Self,
        round: impl Fn(&Integer, &Integer) -> f64,
    ) -> Result<f64, Undecided> {
        if self.is_exact() && denominator.is_exact() {
            return Ok(round(&self.middle, &denominator.middle));
        }
        let ([low, high], [least, greatest]) = (self.ends(), denominator.ends());
        if least.is_negative() || least.is_zero() {
            return Err(Undecided);
        }
        let low_result = round(&low, if low.is_negative() { &least } else { &greatest });
        let high_result = round(&high, if high.is_negative() { &greatest } else { &least });
        if low_result.to_bits() == high_result.to_bits() { Ok(low_result) } else { Err(Undecided) }
    }

    /// Whether a number may be meant.
    #[cfg(test)]
    pub(crate) fn contains(&self, number: &Integer) -> bool {
        let [low, mut high] = self.ends();
        let mut above = number.clone();
        above.subtract(&low);
        high.subtract(number);
        !above.is_negative() && !high.is_negative()
    }

    /// The least and the greatest number.
    fn ends(&self) -> [Integer; 2] {
        let radius = self.radius.to_integer();
        let [mut low, mut high] = [self.middle.clone(), self.middle.clone()];
        low.subtract(&radius);
        high.merge(&radius);
        [low, high]
    }
}

impl From<Integer> for Ball {
    fn from(number: Integer) -> Self {
        Self::new(number, Bound::default())
    }
}

impl From<u64> for Ball {
    fn from(number: u64) -> Self {
        Integer::from(number).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn integer(value: i128, exponent: i32) -> Integer {
        let mut integer = Integer::new();
        integer.add(value, exponent);
        integer
    }

    /// Numbers, and balls around numbers next to them.
    fn balls() -> impl Strategy<Value = (Integer, Ball)> {
        let radius = (0u64..1000, -40i32..40);
        (any::<i128>(), 0u32..120, radius, -1000i64..=1000).prop_map(
            |(value, shift, (units, exponent), part)| {
                let number = integer(value >> shift, 0);
                let mut middle = number.clone();
                // Within the radius, up to its ends.
                middle.merge(&integer(i128::from(part * units as i64), exponent).scaled(-10));
                (number, Ball::new(middle, Bound::new(units, exponent)))
            },
        )
    }

    proptest! {
        #[test]
        fn balls_hold_what_is_computed_from_their_numbers(
            (x, ball_x) in balls(), (y, ball_y) in balls(),
        ) {
            let (mut sum, mut difference) = (x.clone(), x.clone());
            sum.merge(&y);
            difference.subtract(&y);
            prop_assert!(ball_x.clone().plus(&ball_y).contains(&sum));
            prop_assert!(ball_x.clone().minus(&ball_y).contains(&difference));
            prop_assert!(ball_x.times(&ball_y).contains(&x.times(&y)));
            if let Ok(is_zero) = ball_x.is_zero() {
                prop_assert_eq!(is_zero, x.is_zero());
                prop_assert!(is_zero || ball_x.is_negative() == x.is_negative());
            }
            if !y.is_zero() && !y.is_negative() {
                if let Ok(quotient) = ball_x.quotient(&ball_y) {
                    prop_assert_eq!(quotient.to_bits(), rational::quotient(&x, &y).to_bits());
                }
                if !x.is_negative() && let Ok(root) = ball_x.root_of_quotient(&ball_y, true) {
                    prop_assert_eq!(root, rational::nearest(Form::Root, true, &x, &y));
                }
            }
        }
    }

    #[test]
    fn small_errors_settle_quotients() {
        let third = |error| Ball::new(integer(1, 0), error).quotient(&Ball::from(3));
        assert_eq!(third(Bound::new(1, -70)), Ok(1.0 / 3.0));
        assert_eq!(third(Bound::new(1, -53)), Err(Undecided));
        let four_thirds = Ball::new(integer(4, 0), Bound::new(1, -70));
        assert_eq!(four_thirds.root_of_quotient(&Ball::from(3), false), Ok((4.0 / 3.0f64).sqrt()));
        assert_eq!(
            Ball::from(1).quotient(&Ball::new(Integer::new(), Bound::new(1, 0))),
            Err(Undecided)
        );
    }
}
