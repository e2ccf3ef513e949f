"""Reads the Statistical Reference Datasets of NIST, in tests/python/data/nist.

The numbers are kept as decimal text, since their number of digits matters. What a file does not
certify is None.

>>> norris = regression("Norris")
>>> norris.rows[0], norris.coefficients[1], norris.standard_errors[1]
(('0.1', '0.2'), '1.00211681802045', '0.429796848199937E-03')
>>> anova("SiRstv").f, [len(group) for group in anova("SiRstv").groups]
('1.18046237440255E+00', [5, 5, 5, 5, 5])
"""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "data" / "nist"
REGRESSIONS = sorted(path.stem for path in (FOLDER / "regression").glob("*.dat"))
ANOVAS = sorted(path.stem for path in (FOLDER / "anova").glob("*.dat"))
NUMBER = r"([-+.\dE]+)"


@dataclass(frozen=True)
class Regression:
    """A set for linear regression. Each row is the response, then the predictors."""

    rows: list[tuple[str, ...]]
    intercept: bool
    degree: int
    coefficients: list[str]
    standard_errors: list[str]
    residual_stddev: str | None
    r2: str | None
    residual_sum: str
    residual_square: str | None
    regression_sum: str | None
    f: str | None


@dataclass(frozen=True)
class Anova:
    """A set for the analysis of variance, with its values by treatment."""

    groups: list[list[str]]
    between: int
    within: int
    between_sum: str
    within_sum: str
    f: str
    r2: str
    residual_stddev: str


def regression(name: str) -> Regression:
    """Read a set for linear regression."""
    text = (FOLDER / "regression" / f"{name}.dat").read_text("ascii")
    lines = re.findall(rf"^ +B(\d+) +{NUMBER} +{NUMBER} *$", text, re.M)
    rows = data(text)
    predictors = len(rows[0]) - 1
    intercept = lines[0][0] == "0"
    return Regression(
        rows=rows,
        intercept=intercept,
        degree=(len(lines) - intercept) // predictors,
        coefficients=[line[1] for line in lines],
        standard_errors=[line[2] for line in lines],
        residual_stddev=find(rf"^ +Standard Deviation +{NUMBER} *$", text),
        r2=find(rf"R-Squared +{NUMBER} *$", text),
        residual_sum=certain(rf"^Residual +\d+ +{NUMBER}", text),
        residual_square=find(rf"^Residual +\d+ +[-+.\dE]+ +{NUMBER}", text),
        regression_sum=find(rf"^Regression +\d+ +{NUMBER}", text),
        f=find(rf"^Regression +\d+ +[-+.\dE]+ +[-+.\dE]+ +{NUMBER}", text),
    )


def anova(name: str) -> Anova:
    """Read a set for the analysis of variance."""
    text = (FOLDER / "anova" / f"{name}.dat").read_text("ascii")
    groups: dict[str, list[str]] = {}
    for treatment, value in data(text):
        groups.setdefault(treatment, []).append(value)
    between, within = r"^Between \w+ +", r"^Within \w+ +"
    return Anova(
        groups=list(groups.values()),
        between=int(certain(between + r"(\d+)", text)),
        within=int(certain(within + r"(\d+)", text)),
        between_sum=certain(rf"{between}\d+ +{NUMBER}", text),
        within_sum=certain(rf"{within}\d+ +{NUMBER}", text),
        f=certain(rf"{between}\d+ +[-+.\dE]+ +[-+.\dE]+ +{NUMBER}", text),
        r2=certain(rf"R-Squared +{NUMBER}", text),
        residual_stddev=certain(rf"^ +Standard Deviation +{NUMBER}", text),
    )


def data(text: str) -> list[tuple[str, ...]]:
    """Return the numbers below the last heading that begins with `Data:`."""
    lines = text[text.rindex("\nData:") :].splitlines()[2:]
    return [tuple(line.split()) for line in lines if line.strip()]


def find(pattern: str, text: str) -> str | None:
    """Return the number that a pattern finds in some line."""
    found = re.search(pattern, text, re.M)
    return found[1] if found else None


def certain(pattern: str, text: str) -> str:
    """Return the number that a pattern finds, which must be there."""
    found = find(pattern, text)
    if found is None:
        raise ValueError(f"no line matches {pattern}")
    return found
