"""Types of what colstats reads: protocols, which libraries implement without importing colstats."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias

__all__ = [
    "ArrowArrayExportable",
    "ArrowDeviceArrayExportable",
    "ArrowDeviceStreamExportable",
    "ArrowStreamExportable",
    "Data",
    "Exportable",
    "SupportsArrayInterface",
    "SupportsBuffer",
    "SupportsDLPack",
]


class ArrowArrayExportable(Protocol):
    """An array or a record batch, such as ``pyarrow.Array``."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """Return the capsules of a schema and an array."""
        ...


class ArrowStreamExportable(Protocol):
    """A stream of arrays of one type, such as ``polars.Series`` or ``pyarrow.Table``."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the capsule of a stream."""
        ...


class ArrowDeviceArrayExportable(Protocol):
    """An array with the device whose memory holds it."""

    def __arrow_c_device_array__(
        self, requested_schema: object | None = None, **kwargs: Any
    ) -> tuple[object, object]:
        """Return the capsules of a schema and a device array."""
        ...


class ArrowDeviceStreamExportable(Protocol):
    """A stream with the device whose memory holds its arrays."""

    def __arrow_c_device_stream__(
        self, requested_schema: object | None = None, **kwargs: Any
    ) -> object:
        """Return the capsule of a device stream."""
        ...


class SupportsBuffer(Protocol):
    """The buffer protocol, as implemented by ``array.array`` and ``numpy.ndarray``."""

    def __buffer__(self, flags: int, /) -> memoryview:
        """Return a view of the memory."""
        ...


class SupportsArrayInterface(Protocol):
    """NumPy's array interface."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """Describe the memory."""
        ...


class SupportsDLPack(Protocol):
    """A tensor that can be shared through DLPack."""

    def __dlpack__(self, **kwargs: Any) -> object:
        """Return the capsule of a tensor."""
        ...

    def __dlpack_device__(self) -> tuple[Any, int]:
        """Return the type and the number of the device."""
        ...


#: Data with a protocol of its own.
Exportable: TypeAlias = (
    ArrowArrayExportable
    | ArrowStreamExportable
    | ArrowDeviceArrayExportable
    | ArrowDeviceStreamExportable
    | SupportsBuffer
    | SupportsArrayInterface
    | SupportsDLPack
)

#: Everything that the functions of colstats read.
Data: TypeAlias = (
    Exportable
    | Iterable[float | None]
    | Iterable[Exportable]
    | Mapping[str, Exportable | Iterable[float | None] | Iterable[Exportable]]
)
