"""Bad inputs made by hand: Arrow and DLPack structures whose members lie."""

import ctypes
import errno
from typing import Any

from support.bad_inputs.case import Case
from support.producers import (
    CUDA,
    ArrayProducer,
    DeviceArrayProducer,
    DeviceStreamProducer,
    Field,
    StreamProducer,
    struct,
)
from support.tensors import TensorProducer

MOST = 2**63 - 1
NULLS = (ctypes.c_void_p * 2)()
MALFORMED = r"malformed Arrow data from support\.producers\.ArrayProducer: .*"


def lying(name: str, says: str, /, **lies: Any) -> Case:
    """Return a case of an array that lies about itself."""
    return Case(name, lambda: ArrayProducer(**lies), ValueError, says)


def columns() -> list[Case]:
    """Single columns."""
    lies: list[tuple[str, int | None, str]] = [
        ("length", -1, "negative length"),
        ("length", -MOST - 1, "negative length"),
        ("length", MOST, f"length {MOST}.*too large"),
        ("length", 2**60, f"length {2**60}.*too large"),
        ("length", 2**50, f"length {2**50}.*too large"),
        ("offset", -1, "negative offset"),
        ("offset", MOST, f"offset {MOST}.*too large"),
        ("null_count", -2, "null count of -2"),
        ("null_count", 4, "null count of 4 in 3 rows"),
        ("null_count", MOST, f"null count of {MOST}"),
        ("null_count", 1, "nulls, but no validity"),
        ("n_buffers", 0, "0 buffers where.*2"),
        ("n_buffers", 1, "1 buffers where.*2"),
        ("n_buffers", 3, "3 buffers where.*2"),
        ("n_buffers", -1, "-1 buffers where.*2"),
        ("n_buffers", 2**62, "buffers where.*2"),
        ("buffers", None, "buffers is NULL"),
    ]
    released = (
        r"arrow_array capsule of support.producers.ArrayProducer.__arrow_c_array__\(\).*released"
    )
    return [
        *(lying(f"{m}={lie}", MALFORMED + says, array={m: lie}) for m, lie, says in lies),
        lying("NULL data", MALFORMED + "buffer 1 is NULL", buffers=[None, None]),
        lying("NULL format", MALFORMED + "format.*NULL", schema={"format": None}),
        lying("released schema", MALFORMED + "schema.*released", schema={"release": None}),
        lying("released array", released, array={"release": None}),
    ]


def formats() -> list[Case]:
    """Formats that are unknown or malformed."""
    unknown = [b"_pli128", b"", b"\xff\xfe", b"g2", b"tss", b"tsx:UTC", b"+x"]
    return [
        Case(
            f"format {format!r}",
            lambda format=format: ArrayProducer(format=format, name=b"price"),
            TypeError,
            'column "price".*' + (format.decode(errors="replace")).replace("+", "[+]"),
        )
        for format in unknown
    ]


def structs() -> list[Case]:
    """Record batches whose parts are inconsistent."""
    a = Field(name=b"a")

    def b(*values: float, **lies: Any) -> Field:
        return Field(name=b"b", values=values or (1.0, 2.0, 3.0), **lies)

    fields: list[tuple[str, Field, str]] = [
        ("array without children", struct(array={"children": None}), "children of the array.*NULL"),
        ("NULL children", struct(array={"children": ctypes.addressof(NULLS)}), "NULL"),
        ("schema without children", struct(schema={"children": None}), "children.*schema.*NULL"),
        ("NULL child of the schema", struct(a, None), "child of the schema.*NULL"),
        ("-1 children", struct(array={"n_children": -1}), "-1.*array"),
        ("-1 children of the schema", struct(schema={"n_children": -1}), "-1.*schema"),
        ("1 child", struct(array={"n_children": 1}), "1 children.*schema has 2"),
        ("3 children", struct(array={"n_children": 3}), "3 children.*schema has 2"),
        ("no struct buffer", struct(array={"n_buffers": 0}), "no buffers"),
        ("struct of -1 rows", struct(array={"length": -1}), "negative length"),
        ("nulls of the struct", struct(array={"null_count": 1}), "no validity"),
        ("short child", struct(a, b(1.0)), 'column "b".*1 rows.*fewer.*struct'),
        ("short of an offset", struct(array={"offset": 1}), 'column "a".*3 rows.*fewer.*struct'),
        ("child of -1 rows", struct(a, b(array={"length": -1})), 'column "b": negative length'),
        ("far child", struct(a, b(array={"offset": 2**62})), 'column "b".*too large'),
        ("child of 1 buffer", struct(a, b(array={"n_buffers": 1})), 'column "b": 1 buffers'),
        ("child without data", struct(a, b(buffers=[None, None])), 'column "b": buffer 1 is NULL'),
        ("released child", struct(a, b(array={"release": None})), 'column "b".*released'),
        ("released schema of a child", struct(a, b(schema={"release": None})), "schema.*released"),
    ]
    unknown = struct(a, Field(b"_pli128", name=b"b"))
    cases = [lying(name, MALFORMED + says, field=field) for name, field, says in fields]
    says = 'column "b".*_pli128.*columns='
    return [*cases, Case("unknown child", lambda: ArrayProducer(unknown), TypeError, says)]


def dictionary(*keys: int, values: Field | None = None, **lies: Any) -> Field:
    """Make dictionary keys for three values."""
    return Field(b"i", keys or (0, 2, 1), dictionary=values or Field(), **lies)


def runs(*ends: int, rows: int = 3, values: Field | None = None, **lies: Any) -> Field:
    """Make a run-end encoded column."""
    children = Field(b"i", ends or (1, 2, 3)), values or Field()
    return Field(b"+r", [0.0] * rows, children=children, **lies)


def encodings() -> list[Case]:
    """Dictionary keys out of range, and inconsistent runs."""
    fields: list[tuple[str, Field, str]] = [
        ("key 3 of 3", dictionary(0, 3), "key in row 1 is out of range.*3 values"),
        ("key -1", dictionary(-1), "key in row 0 is out of range"),
        ("key of nothing", dictionary(values=Field(values=[])), "out of range.*0 values"),
        ("float keys", Field(dictionary=Field()), "keys.*integers"),
        ("keys without values", dictionary(array={"dictionary": None}), "dictionary is NULL"),
        ("keys of 1 buffer", dictionary(array={"n_buffers": 1}), "1 buffers where.*2"),
        ("released values", dictionary(values=Field(array={"release": None})), "released"),
        ("-1 values", dictionary(values=Field(array={"length": -1})), "negative length"),
        ("values of 1 buffer", dictionary(values=Field(array={"n_buffers": 1})), "1 buffers"),
        ("keys in a struct", struct(dictionary(0, 1, 9, name=b"k")), 'column "k".*row 2'),
        ("descending runs", runs(2, 1, 3), "ascend.*run 1 does not"),
        ("runs that stand still", runs(1, 1, 3), "ascend.*run 1 does not"),
        ("a run of no rows", runs(0, 1, 3), "ascend.*run 0 does not"),
        ("short runs", runs(1, 2, 3, rows=4), "end at row 3.*needs 4"),
        ("runs behind an offset", runs(array={"offset": 1}), "end at row 3.*needs 4"),
        ("2 ends of 3 values", runs(1, 3), "2 run ends, but 3 values"),
        ("run ends of 8 bytes", runs(array={"n_children": 1}), "1 children where runs"),
        ("runs without children", runs(array={"children": None}), "children.*NULL"),
        ("schema of 1 child", runs(schema={"n_children": 1}), "1 children of the schema"),
        ("runs of -1 rows", runs(array={"length": -1}), "negative length"),
        ("released run values", runs(values=Field(array={"release": None})), "released"),
        ("float run ends", Field(b"+r", children=(Field(), Field())), "run ends are integers"),
    ]
    nested = dictionary(values=dictionary())
    return [
        *(lying(name, MALFORMED + says, field=field) for name, field, says in fields),
        Case("keys of keys", lambda: ArrayProducer(nested), TypeError, "values=dictionary"),
        Case("runs of runs", lambda: ArrayProducer(runs(values=runs())), TypeError, "run_end"),
    ]


def failing(name: str, error: type[Exception], says: str, /, *items: Any, **options: Any) -> Case:
    """Return a case of a stream that fails before its end."""
    says = "support.producers.StreamProducer.*" + says
    return Case(name, lambda: StreamProducer(*items, **options), error, says)


def streams() -> list[Case]:
    """Streams that fail, or whose arrays do not match the schema."""
    good, narrow = Field(), struct(Field(name=b"a"))
    one_buffer, negative = Field(array={"n_buffers": 1}), Field(array={"length": -1})
    none, fire = "no reason", {"last_error": b"disk on fire"}
    no_next, no_schema = {"get_next": None}, {"get_schema": None}
    return [
        failing("EINVAL", ValueError, "disk on fire", good, errno.EINVAL, **fire),
        failing("EIO", OSError, "disk on fire", good, errno.EIO, **fire),
        failing("ENOMEM", MemoryError, "disk on fire", good, errno.ENOMEM, **fire),
        failing("EINVAL, no words", ValueError, none, good, errno.EINVAL),
        failing("EIO, no words", OSError, none, good, errno.EIO),
        failing("ENOMEM, no words", MemoryError, none, good, errno.ENOMEM),
        failing("EIO at once", OSError, "disk on fire", errno.EIO, **fire),
        failing("words of no encoding", OSError, "\ufffd", errno.EIO, last_error=b"\xff"),
        failing("no schema, EIO", OSError, "disk on fire", schema=errno.EIO, **fire),
        failing("no get_last_error", OSError, none, errno.EIO, stream={"get_last_error": None}),
        failing("no get_next", ValueError, "no get_next", stream=no_next),
        failing("no get_schema", ValueError, "no get_schema", stream=no_schema),
        failing("released stream", ValueError, "released", stream={"release": None}),
        failing("wrong name", ValueError, '"arrow_array_stream"', name=b"array_stream"),
        failing("schema released", ValueError, "released", schema=Field(schema={"release": None})),
        failing("bad second array", ValueError, "negative length", good, negative),
        failing("children disagree", ValueError, "1 children.*2", struct(), narrow),
        failing("buffers disagree", ValueError, "1 buffers.*2", good, one_buffer),
        failing("column for a struct", ValueError, "0 children.*2", struct(), good),
        failing("struct for a column", ValueError, "1 buffers.*2", good, struct()),
    ]


def capsules() -> list[Case]:
    """Capsules with wrong names."""
    schema, array = b"arrow_schema", b"arrow_array"
    expected = r"support.producers.ArrayProducer.__arrow_c_array__\(\).*"
    return [
        lying("schema of another name", expected + '"arrow_schema"', names=(b"schema", array)),
        lying("array of another name", expected + '"arrow_array"', names=(schema, b"array")),
        lying("capsules swapped", expected + '"arrow_schema"', names=(array, schema)),
        lying("capsules without names", expected + '"arrow_schema"', names=(None, None)),
    ]


def devices() -> list[Case]:
    """Data outside of CPU memory."""
    array, stream = "DeviceArrayProducer.*", "DeviceStreamProducer.*"
    far = {"device_type": CUDA}

    def lies(name: str, make: Any, says: str) -> Case:
        return Case(name, make, ValueError, says)

    return [
        lies("array on CUDA", lambda: DeviceArrayProducer(CUDA), array + "CUDA.*CPU"),
        lies("array on 99", lambda: DeviceArrayProducer(99), array + "99.*CPU"),
        lies("array on 0", lambda: DeviceArrayProducer(0), array + "0.*CPU"),
        lies("stream on ROCm", lambda: DeviceStreamProducer(device=10), stream + "ROCm.*CPU"),
        lies("astray", lambda: DeviceStreamProducer(array_device=CUDA), stream + "CUDA.*CPU"),
        lies("tensor on CUDA", lambda: TensorProducer(announced=CUDA), "Tensor.*CUDA.*CPU"),
        lies("tensor not announced", lambda: TensorProducer(tensor=far), "Tensor.*CUDA.*CPU"),
    ]


def tensors() -> list[Case]:
    """DLPack tensors."""
    broken = "malformed DLPack tensor of support.tensors.TensorProducer: .*"
    packed, used = (
        "TensorProducer.*packed",
        {"name": b"used_dltensor", "managed": {"release": None}},
    )
    lies: list[tuple[str, type[Exception], str, dict[str, Any]]] = [
        ("NULL", ValueError, broken + "NULL", {"tensor": {"data": None}}),
        ("no shape", ValueError, broken + "NULL", {"tensor": {"shape": None}}),
        ("-1 dimensions", ValueError, broken + "negative", {"tensor": {"ndim": -1}}),
        ("0-d", TypeError, "Tensor.*0 dimensions", {"tensor": {"ndim": 0}}),
        ("3-d", TypeError, "Tensor.*3 dimensions", {"shape": (1, 1, 3)}),
        ("shape -1", ValueError, broken + "negative", {"shape": (-1,)}),
        ("shape 2^62", ValueError, broken + "too large", {"shape": (2**62,)}),
        ("stride 2^61", ValueError, "Tensor.*too large", {"strides": (2**61,)}),
        ("4 bits", TypeError, packed, {"tensor": {"bits": 4}}),
        ("4 lanes", TypeError, packed, {"tensor": {"lanes": 4}}),
        ("bool of 1 bit", TypeError, packed, {"tensor": {"code": 6, "bits": 1}}),
        ("bool lanes", TypeError, packed, {"tensor": {"code": 6, "bits": 8, "lanes": 8}}),
        ("bfloat", TypeError, "TensorProducer.*bfloat16", {"tensor": {"code": 4, "bits": 16}}),
        ("complex", TypeError, "complex.*Tensor", {"tensor": {"code": 5, "bits": 128}}),
        ("version 2", ValueError, broken + "newer", {"versioned": True, "managed": {"major": 2}}),
        ("used", ValueError, "TensorProducer.*consumed", used),
        ("other name", ValueError, "TensorProducer.*does not hold a tensor", {"name": b"tensor"}),
    ]
    return [
        Case(f"tensor: {name}", lambda lies=lies: TensorProducer(**lies), error, says)
        for name, error, says, lies in lies
    ]


PRODUCERS = [
    *columns(),
    *formats(),
    *structs(),
    *encodings(),
    *streams(),
    *capsules(),
    *devices(),
    *tensors(),
]
