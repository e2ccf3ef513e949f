"""Validates batches as pyarrow leaves it to its callers, but for rules that honest writers break.

`RecordBatch.validate` looks at lengths, which keeps the process alive. `validate(full=True)` looks
at values too. It also refuses times of day in date64, times beyond a day, and decimals with more
digits than their type promises; Arrow's own integration files have all three, and the values are
what they are.
"""

import pyarrow as pa


def validate(batch: pa.RecordBatch) -> None:
    """Raise `pyarrow.ArrowInvalid` if a batch is damaged."""
    if not any(map(holds_lax_types, batch.schema.types)):
        batch.validate(full=True)
        return
    batch.validate()
    for number, name in enumerate(batch.schema.names):
        try:
            column = without_lax_types(batch.column(number))
        except KeyError:
            continue  # pyarrow has no Python class for intervals of months or days, for example
        try:
            if column is not None:
                column.validate(full=True)
        except pa.ArrowInvalid as damage:
            raise pa.ArrowInvalid(f"In column {number} ({name}): {damage}") from damage


def without_lax_types(column: pa.Array) -> pa.Array | None:
    """Return a column whose values can be validated, or None if there is no such form of it."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    kind = column.type
    if pa.types.is_date64(kind):
        return column.view(pa.int64())
    if pa.types.is_time(kind):
        return column.view(pa.type_for_alias(f"int{kind.bit_width}"))
    if pa.types.is_decimal(kind):
        return column.view(pa.binary(kind.bit_width // 8))
    return None if holds_lax_types(kind) else column


def holds_lax_types(kind: pa.DataType) -> bool:
    """Say whether date64, times or decimals are inside of a type."""
    if pa.types.is_date64(kind) or pa.types.is_time(kind) or pa.types.is_decimal(kind):
        return True
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return holds_lax_types(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return holds_lax_types(kind.storage_type)
    return any(holds_lax_types(kind.field(i).type) for i in range(kind.num_fields))
