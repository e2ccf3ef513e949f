"""Points in time, durations and times of day in whole nanoseconds.

The classes of Python's ``datetime`` end at microseconds, so results for columns in nanoseconds are
of these classes. Each holds an integer of any size, and no digit is lost unasked:

* They compare with each other and with the classes of ``datetime``, exactly. Equal values have
  equal hashes.
* They print as those of ``datetime`` do, with all nine digits. ``format`` takes the options of
  text (``">32"``) or the codes of ``strftime``, in which ``%f`` stands for nine digits.
* Sums and differences are exact; quotients are rounded half to even to a nanosecond.
* They convert to ``datetime``, which takes ``round=True`` if digits would be lost, to NumPy and
  pandas. Arrays of NumPy and pandas take them as operands.

>>> from colstats.times import Duration, Timestamp
>>> moment = Timestamp(1_700_000_000_123_456_789)
>>> print(moment, moment - Duration(789) == datetime(2023, 11, 14, 22, 13, 20, 123456))
2023-11-14 22:13:20.123456789 True
"""

import operator
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from datetime import tzinfo as Zone
from fractions import Fraction
from typing import Any, NoReturn, TypeVar, final

__all__ = ["Duration", "TimeOfDay", "Timestamp"]

MICROSECOND, SECOND = 1_000, 1_000_000_000
DAY = 86_400 * SECOND

EPOCH, UTC_EPOCH = datetime(1970, 1, 1), datetime(1970, 1, 1, tzinfo=UTC)

COMPARISONS = ("__eq__", "__lt__", "__le__", "__gt__", "__ge__")
ARITHMETIC = ("__add__", "__sub__", "__mul__", "__truediv__")
#: What each operator is for operands that pandas computes with.
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    **{name: getattr(operator, name) for name in (*COMPARISONS, *ARITHMETIC)},
    "__radd__": lambda self, other: other + self,
    "__rsub__": lambda self, other: other - self,
    "__rmul__": lambda self, other: other * self,
    "__rtruediv__": lambda self, other: other / self,
}

_Class = TypeVar("_Class", bound="type[_Nanoseconds]")


def with_pandas(cls: _Class) -> _Class:
    """Let the operators of a class compute with pandas objects, as values of pandas do.

    pandas leaves an operation to the other operand if that has a higher priority. It would say of
    what it does not know that it is unequal to all values.
    """

    def wrapped(name: str, method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def operate(self: Any, other: Any) -> Any:
            if hasattr(other, "__pandas_priority__") and not isinstance(other, _Nanoseconds):
                return OPERATORS[name](self.to_pandas(), other)
            return method(self, other)

        operate.__name__, operate.__doc__ = name, method.__doc__
        return operate

    for name in OPERATORS:
        if hasattr(cls, name):
            setattr(cls, name, wrapped(name, getattr(cls, name)))
    return cls


class _Nanoseconds:
    """An immutable number of nanoseconds, which is compared with others of its kind."""

    __slots__ = ("nanoseconds",)

    #: A whole number.
    nanoseconds: int
    #: Above that of all classes of pandas.
    __pandas_priority__ = 1_000_000

    def __init__(self, nanoseconds: int) -> None:
        object.__setattr__(self, "nanoseconds", operator.index(nanoseconds))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.nanoseconds,)

    def _of(self, other: object) -> int | None:
        """Return the nanoseconds of what is of this kind, and None for anything else."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        ticks = self._of(other)
        return NotImplemented if ticks is None else self.nanoseconds == ticks

    def __lt__(self, other: object) -> bool:
        ticks = self._of(other)
        return NotImplemented if ticks is None else self.nanoseconds < ticks

    def __le__(self, other: object) -> bool:
        ticks = self._of(other)
        return NotImplemented if ticks is None else self.nanoseconds <= ticks

    def __gt__(self, other: object) -> bool:
        ticks = self._of(other)
        return NotImplemented if ticks is None else self.nanoseconds > ticks

    def __ge__(self, other: object) -> bool:
        ticks = self._of(other)
        return NotImplemented if ticks is None else self.nanoseconds >= ticks

    def _coarse(self) -> Any:
        """Return this as a value of datetime, if it is one."""
        raise NotImplementedError

    def __hash__(self) -> int:
        # What equals a value of datetime must have its hash.
        if self.nanoseconds % MICROSECOND == 0:
            try:
                return hash(self._coarse())
            except ValueError:
                pass  # out of its range
        return hash(self.nanoseconds)

    def __repr__(self) -> str:
        return f"<colstats.{type(self).__name__} {self}>"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def _whole(self, round: bool, to: str) -> int:
        """Return whole microseconds, rounded half to even if that is allowed."""
        if self.nanoseconds % MICROSECOND and not round:
            raise ValueError(
                f"{self} has digits below a microsecond, which {to} cannot hold; "
                f"round=True rounds them"
            )
        return nearest(self.nanoseconds, MICROSECOND)

    def _in_numpy(self, kind: str) -> Any:
        import numpy as np  # noqa: PLC0415 - NumPy is optional

        # The lowest value means "not a time".
        if not -(2**63) < self.nanoseconds < 2**63:
            raise ValueError(f"{self} does not fit numpy.{kind}[ns], which has 64 bits")
        return getattr(np, kind)(self.nanoseconds, "ns")


@final
@with_pandas
class Timestamp(_Nanoseconds):
    """A point in time in nanoseconds, like ``datetime``, with a time zone or without.

    Args:
        nanoseconds: Those since 1970-01-01, in UTC if there is a zone.
        tzinfo: The time zone, in which it is shown.

    Examples:
        >>> from colstats.times import Timestamp
        >>> moment = Timestamp(1_700_000_000_123_456_789)
        >>> moment
        <colstats.Timestamp 2023-11-14 22:13:20.123456789>
        >>> moment.nanoseconds, moment.year, moment.nanosecond
        (1700000000123456789, 2023, 789)
        >>> moment.to_datetime(round=True)
        datetime.datetime(2023, 11, 14, 22, 13, 20, 123457)

    """

    __slots__ = ("tzinfo",)

    #: The time zone, if there is one.
    tzinfo: Zone | None

    def __init__(self, nanoseconds: int, tzinfo: Zone | None = None) -> None:
        super().__init__(nanoseconds)
        object.__setattr__(self, "tzinfo", tzinfo)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.nanoseconds, self.tzinfo)

    def _of(self, other: object) -> int | None:
        if not isinstance(other, Timestamp | datetime):
            return None
        if (self.tzinfo is None) != (other.tzinfo is None):
            return None  # they have no order, and are not equal
        return since_epoch(other)

    def __eq__(self, other: object) -> bool:
        # The second of two hours when clocks are set back has the hash of the first. So datetime
        # makes it unequal to all values of other zones, and we do the same (PEP 495).
        if isinstance(other, datetime) and is_second_of_two(other):
            return False
        return super().__eq__(other)

    # A class that defines `__eq__` does not inherit it.
    __hash__ = _Nanoseconds.__hash__

    def _coarse(self) -> datetime:
        return at(self.nanoseconds // MICROSECOND, self.tzinfo and UTC)

    def __add__(self, other: object) -> "Timestamp":
        ticks = of_duration(other)
        return NotImplemented if ticks is None else self._moved(ticks)

    __radd__ = __add__

    def __sub__(self, other: object) -> Any:
        if (ticks := of_duration(other)) is not None:
            return self._moved(-ticks)
        ticks = self._of(other)
        return NotImplemented if ticks is None else Duration(self.nanoseconds - ticks)

    def __rsub__(self, other: object) -> "Duration":
        ticks = self._of(other)
        return NotImplemented if ticks is None else Duration(ticks - self.nanoseconds)

    def _moved(self, ticks: int) -> "Timestamp":
        return Timestamp(self.nanoseconds + ticks, self.tzinfo)

    def _floor(self) -> datetime:
        """Return the datetime without the digits that it cannot hold."""
        return at(self.nanoseconds // MICROSECOND, self.tzinfo)

    @property
    def year(self) -> int:
        """The year."""
        return self._floor().year

    @property
    def month(self) -> int:
        """The month, from 1 to 12."""
        return self._floor().month

    @property
    def day(self) -> int:
        """The day of the month."""
        return self._floor().day

    @property
    def hour(self) -> int:
        """The hour."""
        return self._floor().hour

    @property
    def minute(self) -> int:
        """The minute."""
        return self._floor().minute

    @property
    def second(self) -> int:
        """The second."""
        return self._floor().second

    @property
    def microsecond(self) -> int:
        """The whole microseconds of the second."""
        return self._floor().microsecond

    @property
    def nanosecond(self) -> int:
        """The nanoseconds of the microsecond, from 0 to 999."""
        return self.nanoseconds % MICROSECOND

    def date(self) -> date:
        """Return the date."""
        return self._floor().date()

    def utcoffset(self) -> timedelta | None:
        """Return by how much the clocks of the zone are ahead of UTC; None without a zone."""
        return self._floor().utcoffset()

    def isoformat(self, sep: str = "T") -> str:
        """Return it as in ISO 8601, with nine digits."""
        try:
            floor = self._floor()
        except ValueError:
            return f"{self.nanoseconds} ns since 1970"  # outside the years of datetime
        zone = floor.isoformat()[len(floor.replace(tzinfo=None).isoformat()) :]
        whole = floor.replace(microsecond=0, tzinfo=None).isoformat(sep)
        return f"{whole}.{self.nanoseconds % SECOND:09}{zone}"

    def strftime(self, format: str) -> str:
        """Format it by codes; ``%f`` stands for nine digits."""
        return self._floor().strftime(nine_digits(format, self.nanoseconds))

    def __str__(self) -> str:
        return self.isoformat(" ")

    def __format__(self, spec: str) -> str:
        return self.strftime(spec) if "%" in spec else super().__format__(spec)

    def to_datetime(self, *, round: bool = False) -> datetime:
        """Return a datetime; one with digits below a microsecond must be allowed to be rounded."""
        return at(self._whole(round, "a datetime"), self.tzinfo)

    def to_numpy(self) -> Any:
        """Return a ``numpy.datetime64[ns]``: that of UTC if there is a zone, which it has not."""
        return self._in_numpy("datetime64")

    def to_pandas(self) -> Any:
        """Return a ``pandas.Timestamp``, with the zone."""
        import pandas as pd  # noqa: PLC0415 - pandas is optional

        moment = pd.Timestamp(self.to_numpy())
        return moment if self.tzinfo is None else moment.tz_localize(UTC).tz_convert(self.tzinfo)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return array(self.to_numpy(), dtype, copy)


@final
@with_pandas
class Duration(_Nanoseconds):
    """A duration in nanoseconds, like ``timedelta``.

    Examples:
        >>> from colstats.times import Duration
        >>> pause = Duration(1_500)
        >>> pause, pause.total_seconds(), pause > timedelta(microseconds=1)
        (<colstats.Duration 0:00:00.000001500>, 1.5e-06, True)
        >>> print(3 * pause, pause / 7, pause / Duration(3_000))
        0:00:00.000004500 0:00:00.000000214 0.5

    """

    __slots__ = ()

    def _of(self, other: object) -> int | None:
        return of_duration(other)

    def _coarse(self) -> timedelta:
        return lasting(self.nanoseconds // MICROSECOND)

    def total_seconds(self) -> float:
        """Return the seconds, correctly rounded."""
        return self.nanoseconds / SECOND

    def __bool__(self) -> bool:
        return self.nanoseconds != 0

    def __neg__(self) -> "Duration":
        return Duration(-self.nanoseconds)

    def __pos__(self) -> "Duration":
        return self

    def __abs__(self) -> "Duration":
        return Duration(abs(self.nanoseconds))

    def __add__(self, other: object) -> "Duration":
        ticks = of_duration(other)
        return NotImplemented if ticks is None else Duration(self.nanoseconds + ticks)

    def __radd__(self, other: object) -> Any:
        if isinstance(other, datetime):
            return Timestamp(since_epoch(other) + self.nanoseconds, other.tzinfo)
        return self.__add__(other)

    def __sub__(self, other: object) -> "Duration":
        ticks = of_duration(other)
        return NotImplemented if ticks is None else Duration(self.nanoseconds - ticks)

    def __rsub__(self, other: object) -> Any:
        if isinstance(other, datetime):
            return Timestamp(since_epoch(other) - self.nanoseconds, other.tzinfo)
        ticks = of_duration(other)
        return NotImplemented if ticks is None else Duration(ticks - self.nanoseconds)

    def __mul__(self, other: object) -> "Duration":
        factor = ratio(other)
        return NotImplemented if factor is None else self._times(factor)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Any:
        if (ticks := of_duration(other)) is not None:
            return self.nanoseconds / ticks
        divisor = ratio(other)
        return NotImplemented if divisor is None else self._times(1 / divisor)

    def __rtruediv__(self, other: object) -> float:
        ticks = of_duration(other)
        return NotImplemented if ticks is None else ticks / self.nanoseconds

    def _times(self, factor: Fraction) -> "Duration":
        return Duration(nearest(self.nanoseconds * factor.numerator, factor.denominator))

    def __str__(self) -> str:
        days, rest = divmod(self.nanoseconds, DAY)
        text = clock(rest).removeprefix("0")  # as timedelta, which has one digit for few hours
        return f"{days} day{'' if abs(days) == 1 else 's'}, {text}" if days else text

    def to_timedelta(self, *, round: bool = False) -> timedelta:
        """Return a timedelta; one with digits below a microsecond must be allowed to be rounded."""
        return lasting(self._whole(round, "a timedelta"))

    def to_numpy(self) -> Any:
        """Return a ``numpy.timedelta64[ns]``."""
        return self._in_numpy("timedelta64")

    def to_pandas(self) -> Any:
        """Return a ``pandas.Timedelta``."""
        import pandas as pd  # noqa: PLC0415 - pandas is optional

        return pd.Timedelta(self.to_numpy())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return array(self.to_numpy(), dtype, copy)


@final
class TimeOfDay(_Nanoseconds):
    """A time of day in nanoseconds since midnight, like ``time``.

    Examples:
        >>> from colstats.times import TimeOfDay
        >>> TimeOfDay(43_200_000_000_001)
        <colstats.TimeOfDay 12:00:00.000000001>
        >>> TimeOfDay(43_200_000_000_001) > time(12)
        True

    """

    __slots__ = ()

    def __init__(self, nanoseconds: int) -> None:
        super().__init__(nanoseconds)
        if not 0 <= self.nanoseconds < DAY:
            raise ValueError(f"{nanoseconds} ns after midnight is no time of day")

    def _of(self, other: object) -> int | None:
        if isinstance(other, TimeOfDay):
            return other.nanoseconds
        if not isinstance(other, time) or other.tzinfo is not None:
            return None
        minutes = other.hour * 60 + other.minute
        return ((minutes * 60 + other.second) * 1_000_000 + other.microsecond) * MICROSECOND

    def _coarse(self) -> time:
        return (EPOCH + timedelta(microseconds=self.nanoseconds // MICROSECOND)).time()

    @property
    def hour(self) -> int:
        """The hour."""
        return self._coarse().hour

    @property
    def minute(self) -> int:
        """The minute."""
        return self._coarse().minute

    @property
    def second(self) -> int:
        """The second."""
        return self._coarse().second

    @property
    def microsecond(self) -> int:
        """The whole microseconds of the second."""
        return self._coarse().microsecond

    @property
    def nanosecond(self) -> int:
        """The nanoseconds of the microsecond, from 0 to 999."""
        return self.nanoseconds % MICROSECOND

    def isoformat(self) -> str:
        """Return it as in ISO 8601, with nine digits."""
        return clock(self.nanoseconds)

    def strftime(self, format: str) -> str:
        """Format it by codes; ``%f`` stands for nine digits."""
        return self._coarse().strftime(nine_digits(format, self.nanoseconds))

    __str__ = isoformat

    def __format__(self, spec: str) -> str:
        return self.strftime(spec) if "%" in spec else super().__format__(spec)

    def to_time(self, *, round: bool = False) -> time:
        """Return a time; one with digits below a microsecond must be allowed to be rounded."""
        ticks = self._whole(round, "a time")
        if ticks * MICROSECOND == DAY:
            raise ValueError(f"{self}, rounded to a microsecond, is midnight of the next day")
        return TimeOfDay(ticks * MICROSECOND)._coarse()


def nearest(numerator: int, denominator: int) -> int:
    """Return a quotient rounded half to even; the denominator is positive."""
    floor, rest = divmod(numerator, denominator)
    return floor + (2 * rest > denominator or (2 * rest == denominator and floor % 2 == 1))


def of_duration(value: object) -> int | None:
    """Return the nanoseconds of a duration, and None for anything else."""
    if isinstance(value, Duration):
        return value.nanoseconds
    if not isinstance(value, timedelta):
        return None
    seconds = value.days * 86_400 + value.seconds
    # The class of pandas has nanoseconds, too.
    rest = value.microseconds * MICROSECOND + getattr(value, "nanoseconds", 0)
    return seconds * SECOND + rest


def since_epoch(moment: Timestamp | datetime) -> int:
    """Return the nanoseconds since 1970, in UTC if there is a zone."""
    if isinstance(moment, Timestamp):
        return moment.nanoseconds
    # The class of pandas has nanoseconds, too.
    nanosecond = getattr(moment, "nanosecond", 0)
    if nanosecond:
        moment = moment.to_pydatetime(warn=False)  # type: ignore[attr-defined]
    elapsed = moment - (EPOCH if moment.tzinfo is None else UTC_EPOCH)
    return (of_duration(elapsed) or 0) + nanosecond


def is_second_of_two(moment: datetime) -> bool:
    """Whether this is in the second of two hours of the same name."""
    return moment.fold == 1 and moment.utcoffset() != moment.replace(fold=0).utcoffset()


def at(microseconds: int, zone: Zone | None) -> datetime:
    """Return the datetime so many microseconds after 1970."""
    try:
        if zone is None:
            return EPOCH + timedelta(microseconds=microseconds)
        return (UTC_EPOCH + timedelta(microseconds=microseconds)).astimezone(zone)
    except OverflowError:
        raise ValueError(
            f"{microseconds} microseconds since 1970 are outside the years 1 to 9999 of datetime"
        ) from None


def lasting(microseconds: int) -> timedelta:
    """Return a timedelta of so many microseconds."""
    try:
        return timedelta(microseconds=microseconds)
    except OverflowError:
        raise ValueError(
            f"{microseconds} microseconds are more than the 999,999,999 days of timedelta"
        ) from None


def ratio(value: object) -> Fraction | None:
    """Return a number as a fraction, and None for anything else."""
    if isinstance(value, float):
        return Fraction(value)
    try:
        return Fraction(operator.index(value))  # type: ignore[arg-type]
    except TypeError:
        return None


def clock(nanoseconds: int) -> str:
    """Return a time within a day as text."""
    seconds, rest = divmod(nanoseconds, SECOND)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:09}"


def nine_digits(format: str, nanoseconds: int) -> str:
    """Put the digits in place of `%f` in a format of `strftime`."""
    digits = f"{nanoseconds % SECOND:09}"
    # A percent sign in front may be one that is escaped.
    return "%%".join(part.replace("%f", digits) for part in format.split("%%"))


def array(value: Any, dtype: Any, copy: bool | None) -> Any:
    """Return a NumPy value as an array of no dimensions."""
    import numpy as np  # noqa: PLC0415 - NumPy is optional

    if copy is False:
        raise ValueError("an array of this is always a copy")
    return np.array(value, dtype)
