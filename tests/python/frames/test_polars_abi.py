"""The C symbols that polars calls: who releases what, once, also when a call fails."""

import ctypes
import pickle
import struct
from collections.abc import Iterable
from ctypes import POINTER, c_char_p, c_size_t, c_uint32, c_void_p
from typing import Any

import pytest

from colstats import _native
from support.c_structs import RELEASE, ArrowArray, ArrowSchema, Part, release
from support.producers import Field


class SeriesExport(ctypes.Structure):
    """A column, as crates/polars-ffi of polars lays it out."""

    _fields_ = (
        ("field", POINTER(ArrowSchema)),
        ("arrays", POINTER(POINTER(ArrowArray))),
        ("len", c_size_t),
        ("release", c_void_p),
        ("private_data", c_void_p),
    )


def function(loaded: Any, name: str) -> Any:
    return getattr(loaded, f"_polars_plugin_{name}")


def library() -> Any:
    loaded = ctypes.CDLL(_native.__file__)
    loaded._polars_plugin_get_version.restype = c_uint32
    loaded._polars_plugin_get_last_error_message.restype = c_char_p
    for name in ("colstats", "colstats_lists"):
        call, describe = (function(loaded, kind + name) for kind in ("", "field_"))
        call.argtypes = [c_void_p, c_size_t, c_char_p, c_size_t, c_void_p, c_void_p]
        describe.argtypes = [c_void_p, c_size_t, c_void_p, c_char_p, c_size_t]
        call.restype = describe.restype = None
    return loaded


LIBRARY = library()


class Call:
    """Calls the plugin as polars does, and counts what is released."""

    def __init__(self, field: Field, chunks: Iterable[Field] = (), columns: int = 1) -> None:
        self.parts: list[Part] = []
        self.fields_released = 0
        self.kept: list[Any] = []
        self.field, self.chunks, self.columns = field, list(chunks) or [field], columns

    def _column(self) -> SeriesExport:
        schema = self.field.make_schema(self.parts).structure
        arrays = [chunk.make_array(self.parts).structure for chunk in self.chunks]
        pointers = (POINTER(ArrowArray) * len(arrays))(*map(ctypes.pointer, arrays))

        def let_go(_: int) -> None:
            self.fields_released += 1
            release(schema)
            assert all(not array.release for array in arrays), "the arrays were moved out before"

        self.callback = RELEASE(let_go)
        column = SeriesExport(
            field=ctypes.pointer(schema), arrays=pointers, len=len(arrays), private_data=1
        )
        column.release = ctypes.cast(self.callback, c_void_p).value
        self.kept += [schema, arrays, pointers, self.callback]
        return column

    def run(self, name: str, kwargs: bytes) -> SeriesExport | str:
        """Return the result, or the message if there is none."""
        columns = (SeriesExport * max(self.columns, 1))(
            *[self._column() for _ in range(self.columns)]
        )
        result = SeriesExport()
        function(LIBRARY, name)(
            ctypes.addressof(columns), self.columns, kwargs, len(kwargs),
            ctypes.addressof(result), None,
        )  # fmt: skip
        assert self.fields_released == self.columns
        assert [part.complaint() for part in self.parts] == [None] * len(self.parts)
        return result if result.private_data else message()

    def promise(self, name: str, kwargs: bytes) -> ArrowSchema | str:
        """Return the field of the result, or the message if there is none."""
        schema = self.field.make_schema(self.parts)
        promised = ArrowSchema()
        function(LIBRARY, f"field_{name}")(
            ctypes.addressof(schema.structure), 1, ctypes.addressof(promised), kwargs, len(kwargs)
        )
        assert schema.releases == 0, "the field stays polars'"
        release(schema.structure)
        return promised if promised.private_data else message()


def message() -> str:
    text: bytes = LIBRARY._polars_plugin_get_last_error_message()
    return text.decode()


def values(result: SeriesExport | str, code: str) -> list[Any]:
    """Read a result as polars does: move the array out, let go of the rest, release the array."""
    assert isinstance(result, SeriesExport), result
    assert result.len == 1
    assert result.field.contents.name == b"x"
    array = ArrowArray.from_buffer_copy(result.arrays[0].contents)
    RELEASE(result.release)(ctypes.addressof(result))
    assert result.release is None
    buffers = ctypes.cast(array.buffers, POINTER(c_void_p))
    validity = ctypes.string_at(buffers[0], 8) if buffers[0] else b"\xff" * 8
    data = ctypes.string_at(buffers[1], 8 * array.length) if array.length else b""
    found = struct.unpack(f"<{array.length}{code}", data)
    release(array)
    return [v if validity[i // 8] >> i % 8 & 1 else None for i, v in enumerate(found)]


def keywords(statistic: str = "mean", **options: object) -> bytes:
    return pickle.dumps({"statistic": statistic, **options}, protocol=5)


def lists(offsets: list[int], count: int | None = None, **field: Any) -> Field:
    """Make a column of lists of the floats 1.0, 2.0, and so on."""
    item = Field(values=range(1, 10), buffers=[None, struct.pack("<9d", *range(1, 10))])
    count = len(offsets) - 1 if count is None else count
    buffers = [field.pop("validity", None), struct.pack(f"<{len(offsets)}q", *offsets)]
    return Field(b"+L", range(count), name=b"x", buffers=buffers, children=[item], **field)


def test_the_version_is_that_of_the_interface() -> None:
    assert LIBRARY._polars_plugin_get_version() == 0 << 16 | 1


def test_columns_and_lists_are_answered_and_released() -> None:
    column = Field(name=b"x")
    assert values(Call(column).run("colstats", keywords()), "d") == [2.0]
    chunks = [column, Field(name=b"x", values=[]), Field(name=b"x", values=[8.0])]
    assert values(Call(column, chunks).run("colstats", keywords()), "d") == [3.5]
    assert values(Call(column, chunks).run("colstats", keywords("count")), "q") == [4]
    each = Call(lists([0, 2, 2, 9])).run("colstats_lists", keywords())
    assert values(each, "d") == [1.5, None, 6.0]
    each = Call(lists([0]), [lists([0]), lists([3, 5])]).run("colstats_lists", keywords("sum"))
    assert values(each, "d") == [9.0]
    none = Call(lists([0], 0)).run("colstats_lists", keywords())
    assert values(none, "d") == []


def test_null_lists_have_no_values_whatever_their_offsets_say() -> None:
    column = lists([0, 2, 4, 6], validity=b"\x05", array={"null_count": 1})
    assert values(Call(column).run("colstats_lists", keywords()), "d") == [1.5, None, 5.5]
    assert values(Call(column).run("colstats_lists", keywords("count")), "q") == [2, 0, 2]


def test_slices_of_lists() -> None:
    column = lists([0, 2, 4, 6], 2, array={"offset": 1})
    assert values(Call(column).run("colstats_lists", keywords()), "d") == [3.5, 5.5]


@pytest.mark.parametrize(
    ("kwargs", "why"),
    [
        (b"", "keywords"),
        (b"\x80", "keywords"),
        (b"\x80\x05cos\nsystem\n.", "keywords"),
        (keywords("median"), "keywords"),
        (keywords(ddof=-1), "keywords"),
        (keywords(ddof=1.5), "keywords"),
        (keywords(nonsense=1), "keywords"),
        (pickle.dumps([1, 2], protocol=5), "keywords"),
        (keywords()[:-9], "keywords"),
    ],
)
def test_keywords_of_others_are_refused(kwargs: bytes, why: str) -> None:
    for name, field in (("colstats", Field(name=b"x")), ("colstats_lists", lists([0, 1]))):
        for found in (Call(field).run(name, kwargs), Call(field).promise(name, kwargs)):
            assert isinstance(found, str)
            assert why in found


@pytest.mark.parametrize("cut", range(60))
def test_keywords_may_end_anywhere(cut: int) -> None:
    whole = keywords("stddev", ddof=1, skip_nulls=True, min_count=2**40)
    found = Call(Field(name=b"x")).run("colstats", whole[: min(cut, len(whole) - 9)])
    assert isinstance(found, str)


@pytest.mark.parametrize(
    ("name", "field", "why"),
    [
        ("colstats", Field(b"u", name=b"x"), "they are not numbers"),
        ("colstats", Field(name=b"x", array={"length": -1}), "negative length"),
        ("colstats", Field(name=b"x", array={"n_buffers": 1}), "1 buffers where"),
        ("colstats", Field(name=b"x", array={"null_count": 5}), "null count"),
        ("colstats_lists", Field(name=b"x"), "where a list is expected"),
        ("colstats_lists", lists([0, 5, 3]), "offsets that decrease"),
        ("colstats_lists", lists([0, 10]), "exceed 9 values"),
        ("colstats_lists", lists([-1, 3]), "offsets that decrease"),
        ("colstats_lists", lists([0, 1], array={"n_children": 0}), "child is NULL"),
        ("colstats_lists", lists([0, 1], array={"n_children": -1}), "negative number of children"),
    ],
)
def test_malformed_columns_are_refused_and_released(name: str, field: Field, why: str) -> None:
    found = Call(field).run(name, keywords())
    assert isinstance(found, str)
    assert why in found


@pytest.mark.parametrize("columns", [0, 2])
def test_any_number_of_columns_but_one_is_refused(columns: int) -> None:
    found = Call(Field(name=b"x"), columns=columns).run("colstats", keywords())
    assert isinstance(found, str)
    assert "instead of one" in found


def test_promises() -> None:
    for of, statistic, expected in (
        (b"g", "mean", b"g"), (b"l", "sum", b"l"), (b"L", "sum", b"L"), (b"c", "min", b"c"),
        (b"_pli128", "sum", b"_pli128"), (b"_pli128", "mean", b"g"), (b"tdD", "stddev", b"tDu"),
        (b"tsu:Asia/Tokyo", "mean", b"tsu:Asia/Tokyo"), (b"d:10,2", "sum", b"d:38,2"),
    ):  # fmt: skip
        promised = Call(Field(of, name=b"x")).promise("colstats", keywords(statistic))
        assert isinstance(promised, ArrowSchema), promised
        assert (promised.format, promised.name, promised.flags) == (expected, b"x", 2)
        release(promised)
