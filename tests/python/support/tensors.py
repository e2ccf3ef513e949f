"""Hand-made DLPack tensors, in the legacy and the versioned layout, which count deletions."""

import ctypes
from collections.abc import Iterable
from ctypes import c_int32, c_int64, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p
from typing import Any

from support.c_structs import CALLBACKS, Part, capsule, register, releaser
from support.producers import CPU, Producer

FLOAT = 2


class Tensor(ctypes.Structure):
    """A DLTensor."""

    _fields_ = (
        ("data", c_void_p),
        ("device_type", c_int32),
        ("device_id", c_int32),
        ("ndim", c_int32),
        ("code", c_uint8),
        ("bits", c_uint8),
        ("lanes", c_uint16),
        ("shape", c_void_p),
        ("strides", c_void_p),
        ("byte_offset", c_uint64),
    )


class ManagedTensor(ctypes.Structure):
    """The legacy layout; its deleter is called `release` here."""

    _fields_ = (("tensor", Tensor), ("private_data", c_void_p), ("release", c_void_p))


class ManagedTensorVersioned(ctypes.Structure):
    """The layout since DLPack 1.0."""

    _fields_ = (
        ("major", c_uint32),
        ("minor", c_uint32),
        ("private_data", c_void_p),
        ("release", c_void_p),
        ("flags", c_uint64),
        ("tensor", Tensor),
    )


for _layout in (ManagedTensor, ManagedTensorVersioned):
    CALLBACKS[_layout] = {"release": releaser(_layout)}


class TensorProducer(Producer):
    """Exports doubles by `__dlpack__`; `tensor` and `managed` overwrite members."""

    def __init__(
        self,
        values: Iterable[float] = (1.0, 2.0, 3.0),
        shape: tuple[int, ...] | None = None,
        strides: tuple[int, ...] | None = None,
        *,
        versioned: bool = False,
        announced: int = CPU,
        name: bytes | None = None,
        tensor: dict[str, object] | None = None,
        managed: dict[str, object] | None = None,
    ) -> None:
        super().__init__()
        self.values = list(values)
        self.shape, self.strides = shape or (len(self.values),), strides
        self.versioned, self.announced = versioned, announced
        self.name = name or (b"dltensor_versioned" if versioned else b"dltensor")
        self.tensor, self.managed = tensor or {}, managed

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.announced, 0

    def __dlpack__(self, **kwargs: object) -> object:
        structure: Any = ManagedTensorVersioned(major=1) if self.versioned else ManagedTensor()
        data = (ctypes.c_double * len(self.values))(*self.values)
        axes = c_int64 * len(self.shape)
        shape, strides = axes(*self.shape), axes(*(self.strides or self.shape))
        structure.tensor = Tensor(
            data=ctypes.addressof(data),
            device_type=CPU,
            ndim=len(self.shape),
            code=FLOAT,
            bits=64,
            lanes=1,
            shape=ctypes.addressof(shape),
            strides=ctypes.addressof(strides) if self.strides else None,
        )
        for member, lie in self.tensor.items():
            setattr(structure.tensor, member, lie)
        part = Part("tensor", structure, [data, shape, strides])
        self.parts.append(register(part, self.managed))
        return capsule(structure, self.name)
