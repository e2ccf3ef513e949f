"""Values of each type that has statistics in states, as hypothesis draws them."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

#: On a busy machine an example may take long.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
INTEGERS = {f"{sign}int{bits}": (0 if sign else -(2 ** (bits - 1)), 2 ** (bits - (not sign)) - 1)
            for sign in ("", "u") for bits in (8, 16, 32, 64)}  # fmt: skip
TICKS = (-(2**63), 2**63 - 1)
DECIMALS = {"decimal32(7, 2)": 7, "decimal64(18, 6)": 18, "decimal128(38, 10)": 38,
            "decimal128(30, -2)": 30, "decimal256(76, 5)": 76}  # fmt: skip
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{f"float{width}": st.floats(width=width) for width in (16, 32, 64)},
    **{name: st.integers(*ends) for name, ends in INTEGERS.items()},
    **{name: st.integers(1 - 10**digits, 10**digits - 1) for name, digits in DECIMALS.items()},
    "bool": st.booleans(),
    "date32": st.integers(-(2**31), 2**31 - 1),
    "time64[us]": st.integers(0, 86_399_999_999),
    **{name: st.integers(*TICKS) for name in (
        "date64", "timestamp[s]", "timestamp[ms]", "timestamp[us, tz=UTC]", "duration[ns]",
    )},
    "string": st.text(max_size=3),
    "null": st.none(),
}  # fmt: skip
