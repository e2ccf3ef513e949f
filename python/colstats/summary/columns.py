"""The columns of a summary of groups: the statistics of all groups at once.

Statistics that are numbers come as Arrow arrays, which is many times as fast as to ask the state of
each group. All others are asked one by one, so that both ways give the same Python values.
"""

from collections.abc import Mapping
from typing import Any

from arro3.core import DataType, RecordBatch

from colstats._native import GroupedMoments, Rows
from colstats.layout import COUNTS, STATISTICS
from colstats.summary.rows import value_of

Columns = dict[str, list[Any]]


def columns_of(
    groups: GroupedMoments,
    columns: Mapping[int, tuple[str, str | None]],
    *,
    ddof: int = 0,
    skip_nulls: bool = True,
    skip_nans: bool = False,
) -> dict[int, Columns]:
    """Describe columns, given their names, and their types if they have no states."""
    nulls = {"skip_nulls": skip_nulls, "skip_nans": skip_nans}
    options: dict[str, dict[str, Any]] = dict.fromkeys(STATISTICS, nulls)
    options |= {"stddev": {"ddof": ddof, **nulls}, "count": {"skip_nans": skip_nans}}
    found: dict[int, Columns] = {}
    asked: list[tuple[str, Columns, list[str]]] = []
    for place, (name, of) in columns.items():
        values: Columns = {"name": [name] * len(groups)}
        found[place] = values
        if of is not None:
            values |= {"type": [of] * len(groups)}
            values |= {key: [None] * len(groups) for key in (*COUNTS, *STATISTICS)}
            continue
        values |= {"type": [], "nulls": [], "nans": []}
        rest = []
        for statistic in ("count", *STATISTICS):
            numbers = numbers_of(groups, name, statistic, options[statistic])
            values[statistic] = numbers or []
            if numbers is None:
                rest.append(statistic)
        asked.append((name, values, rest))
    for group in range(len(groups)):
        states = groups.group(group)
        for name, values, rest in asked:
            state = states[name]
            values["type"].append(state.type or "null")
            values["nulls"].append(state.null_count)
            values["nans"].append(state.nan_count)
            for statistic in rest:
                values[statistic].append(value_of(state, statistic, options[statistic]))
    return found


def numbers_of(
    groups: GroupedMoments, name: str, statistic: str, options: dict[str, Any]
) -> list[Any] | None:
    """Return a statistic of all groups if it is a float, int or bool; None if each is asked."""
    try:
        answers = getattr(groups, statistic)(columns=[name], **options)
    except TypeError:
        return [None] * len(groups)  # this type has no such statistic
    except ValueError:
        return None
    batch = RecordBatch.from_arrow(answers)
    column = batch.column(batch.num_columns - 1)
    return list(column.to_pylist()) if is_plain(column.type) else None


def keys_of(groups: GroupedMoments) -> list[list[Any]]:
    """Return the keys of all groups, column by column, as Python values."""
    keys = groups.keys()
    try:
        return [keys[name] for name in keys.column_names]
    except (KeyError, ValueError):  # a time out of range, or in a zone that is unknown here
        rows = [key_at(keys, place) for place in range(len(keys))]
        return [list(column) for column in zip(*rows, strict=True)]


def key_at(keys: Rows, place: int) -> list[Any]:
    """Return the key of a group; in place of what Python cannot hold, text that says so."""
    return [
        str(value.args[0]).partition(";")[0] if isinstance(value, Exception) else value
        for value in keys._values(place)
    ]


def is_plain(of: DataType) -> bool:
    """Whether arro3 converts the values of a type as we do: times and decimals it does not."""
    kinds = (
        DataType.is_integer,
        DataType.is_floating,
        DataType.is_boolean,
        DataType.is_string,
        DataType.is_large_string,
        DataType.is_string_view,
    )
    return any(is_kind(of) for is_kind in kinds)
