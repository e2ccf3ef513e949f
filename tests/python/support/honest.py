"""Hand-made producers that keep every promise, one for each protocol and shape."""

from collections.abc import Callable

from support.producers import (
    ArrayProducer,
    DeviceArrayProducer,
    DeviceStreamProducer,
    Producer,
    StreamProducer,
    struct,
)
from support.tensors import TensorProducer

HONEST: dict[str, Callable[[], Producer]] = {
    "array": ArrayProducer,
    "batch": lambda: ArrayProducer(struct()),
    "empty array": lambda: ArrayProducer(values=[], buffers=[None, None]),
    "stream": StreamProducer,
    "stream of batches": lambda: StreamProducer(struct(), struct()),
    "device array": DeviceArrayProducer,
    "device batch": lambda: DeviceArrayProducer(field=struct()),
    "device stream": DeviceStreamProducer,
    "tensor": TensorProducer,
    "versioned tensor": lambda: TensorProducer(versioned=True),
    "2-d tensor": lambda: TensorProducer(shape=(1, 3)),
}
