//! Many answers in order: doubles as such, as long as nothing else is among them.
//!
//! An [`Answer`] is six times as large as a double. To write one for each of many short columns or windows, and to read it
//! again, takes as long as to compute it.

use super::statistic::Answer;

/// Answers in order.
#[derive(Clone, Debug)]
pub struct Answers(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// Doubles; those at some positions, in order, stand for null, and are NaN.
    Floats { values: Vec<f64>, nulls: Vec<usize> },
    /// Anything.
    Any(Vec<Answer>),
}

impl Answers {
    /// None yet, with room for that many.
    pub fn with_capacity(capacity: usize) -> Self {
        Self::from(Vec::<f64>::with_capacity(capacity))
    }

    /// Adds a double.
    #[inline]
    pub fn push_float(&mut self, value: f64) {
        match &mut self.0 {
            Kind::Floats { values, .. } => values.push(value),
            Kind::Any(answers) => answers.push(Answer::Float(value)),
        }
    }

    /// Adds an answer.
    #[inline]
    pub fn push(&mut self, answer: Answer) {
        match (&mut self.0, answer) {
            (_, Answer::Float(value)) => self.push_float(value),
            (Kind::Floats { values, nulls }, Answer::Null) => {
                nulls.push(values.len());
                values.push(f64::NAN);
            }
            (_, answer) => self.any().push(answer),
        }
    }

    /// Adds others.
    pub fn append(&mut self, others: Self) {
        if self.is_empty() {
            *self = others;
            return;
        }
        match (&mut self.0, others.0) {
            (Kind::Floats { values, nulls }, Kind::Floats { values: more, nulls: more_nulls }) => {
                nulls.extend(more_nulls.into_iter().map(|at| at + values.len()));
                values.extend(more);
            }
            (_, others) => self.any().extend(Self(others).iter()),
        }
    }

    /// All of several.
    pub fn concat(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::default(), |mut all, part| {
            all.append(part);
            all
        })
    }

    /// Replaces an answer.
    ///
    /// # Panics
    /// If there is none at the position.
    pub fn set(&mut self, at: usize, answer: Answer) {
        match (&mut self.0, answer) {
            (Kind::Floats { values, nulls }, Answer::Float(value)) if nulls.is_empty() => {
                values[at] = value;
            }
            _ => self.any()[at] = answer,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Kind::Floats { values, .. } => values.len(),
            Kind::Any(answers) => answers.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An answer.
    ///
    /// # Panics
    /// If there is none at the position.
    pub fn get(&self, at: usize) -> Answer {
        match &self.0 {
            Kind::Floats { nulls, .. } if nulls.binary_search(&at).is_ok() => Answer::Null,
            Kind::Floats { values, .. } => Answer::Float(values[at]),
            Kind::Any(answers) => answers[at],
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Answer> {
        (0..self.len()).map(|at| self.get(at))
    }

    /// The doubles, if nothing else is among them, and the positions of those that stand for null, in order.
    pub fn as_floats(&self) -> Option<(&[f64], &[usize])> {
        match &self.0 {
            Kind::Floats { values, nulls } => Some((values, nulls)),
            Kind::Any(_) => None,
        }
    }

    /// As answers of any kind.
    fn any(&mut self) -> &mut Vec<Answer> {
        if let Kind::Floats { .. } = self.0 {
            self.0 = Kind::Any(self.iter().collect());
        }
        match &mut self.0 {
            Kind::Any(answers) => answers,
            Kind::Floats { .. } => unreachable!("they have just been replaced"),
        }
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl From<Vec<f64>> for Answers {
    fn from(values: Vec<f64>) -> Self {
        Self(Kind::Floats { values, nulls: vec![] })
    }
}

impl From<Vec<Answer>> for Answers {
    fn from(answers: Vec<Answer>) -> Self {
        Self(Kind::Any(answers))
    }
}

#[doc(hidden)] // the type is, too; its parts are not
impl FromIterator<Answer> for Answers {
    fn from_iter<I: IntoIterator<Item = Answer>>(answers: I) -> Self {
        let answers = answers.into_iter();
        let mut all = Self::with_capacity(answers.size_hint().0);
        answers.for_each(|answer| all.push(answer));
        all
    }
}

impl PartialEq for Answers {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the order in which they come, and however they are put together.
    #[test]
    fn they_are_what_was_added() {
        let kinds =
            [Answer::Float(1.5), Answer::Null, Answer::Integer(7), Answer::Wide([1, 2, 3, 4, 5])];
        for case in 0..4usize.pow(6) {
            let expected = (0..6).map(|i| kinds[case / 4usize.pow(i) % 4]).collect::<Vec<_>>();
            let answers = expected.iter().copied().collect::<Answers>();
            assert_eq!(answers.iter().collect::<Vec<_>>(), expected);
            let is_float = |answer: &Answer| matches!(answer, Answer::Float(_) | Answer::Null);
            assert_eq!(answers.as_floats().is_some(), expected.iter().all(is_float));
            assert_eq!(answers, Answers::from(expected.clone()));
            let parts = expected.chunks(1 + case % 5);
            assert_eq!(Answers::concat(parts.map(|part| part.iter().copied().collect())), answers);
            let (at, mut replaced) = (case % 6, expected);
            let mut answers = answers;
            replaced[at] = kinds[case % 4];
            answers.set(at, kinds[case % 4]);
            assert_eq!(answers, Answers::from(replaced));
        }
    }

    #[test]
    fn nulls_are_nans_among_doubles() {
        let answers = [Answer::Float(1.0), Answer::Null].into_iter().collect::<Answers>();
        let (values, nulls) = answers.as_floats().expect("they are doubles");
        assert!(values[0] == 1.0 && values[1].is_nan() && nulls == [1]);
        assert_ne!(answers, Answers::from(vec![1.0, f64::NAN]));
    }
}
