"""Bad inputs of absurd size. A consumer that believes them crashes, so each has its own process."""

from typing import Any

from support.bad_inputs.arrow import MALFORMED, MOST, lying
from support.bad_inputs.case import Case
from support.bad_inputs.protocol import Interface
from support.producers import struct
from support.tensors import TensorProducer


def too_large(make: Any, name: str, **lies: Any) -> Case:
    """Return a case that claims more memory than can be addressed."""
    return Case(name, lambda: make(**lies), ValueError, f"{make.__name__}.*too large")


BYTES = {"code": 1, "bits": 8}
ABSURD = [
    lying("2^62 children", MALFORMED, field=struct(array={"n_children": 2**62})),
    lying("2^62 children of the schema", MALFORMED, field=struct(schema={"n_children": 2**62})),
    too_large(Interface, "2^61 values", shape=(2**61,), strides=(8,)),
    too_large(Interface, "columns 2^62 apart", shape=(1, 3), strides=(8, 2**62)),
    too_large(Interface, "2^63-1 apart", typestr="|u1", shape=(2,), strides=(MOST,)),
    too_large(Interface, "bools 2^63-1 apart", typestr="|b1", shape=(2,), strides=(MOST,)),
    too_large(TensorProducer, "tensor of 2^61 values", shape=(2**61,), strides=(1,)),
    too_large(TensorProducer, "tensor, 2^63-1 apart", shape=(2,), strides=(MOST,), tensor=BYTES),
    Case(
        "tensor of 2^31-1 dimensions",
        lambda: TensorProducer(tensor={"ndim": 2**31 - 1}),
        TypeError,
        "TensorProducer has 2147483647 dimensions",
    ),
]
