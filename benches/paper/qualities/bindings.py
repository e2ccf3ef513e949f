"""What each binding consists of, and how its functions are called by their native names."""

from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "bindings"


@dataclass(frozen=True)
class Declaration:
    """The lines that declare one function to Python: from the first match to the next one."""

    file: str
    first: str
    last: str


@dataclass(frozen=True)
class Container:
    """A container of the paper's M2, as code: how it is made of ``source``, and how it is asked."""

    make: str
    mean: str
    #: A source of ``n`` ones in the form that the container takes.
    source: str = "[1.0] * n"
    #: The container without the destructor, if that is something the binding adds by hand.
    raw: str = ""


@dataclass(frozen=True)
class Binding:
    """A binding of a few native functions by one tool."""

    tool: str
    package: str
    #: Below ``benches/bindings``, like all files here.
    folder: str
    #: What is written by hand between the native functions and Python, and what builds it.
    #: ``file:function`` names one function of a Python file that serves several bindings.
    code: tuple[str, ...]
    config: tuple[str, ...]
    #: How the mean is declared.
    declaration: Declaration | None = None
    #: The crate, if Cargo builds one.
    crate: str = ""
    #: The call that a type checker is asked about, and the same call of the compiled module.
    typed: str = "mean([1.0, 2.0])"
    native: str = ""
    #: What makes stubs of the compiled module: the tool's own generator, or mypy's.
    generator: str = "stubgen"
    #: What the calls below need.
    imports: str = ""
    #: Calls with wrong arguments, by the mistake.
    misuse: dict[str, str] = field(default_factory=dict)
    container: Container | None = None


MATURIN, NANOBIND = "maturin generate-stubs", "nanobind.stubgen"

TEXT, NONE, INTEGERS, SINGLES, STRIDED, LONGER, FAR, TWICE = MISTAKES = (
    "a str",
    "None",
    "int64 values",
    "float32 values",
    "every second value",
    "a length too large by 1",
    "a length of 2^40",
    "freed twice",
)


def of_an_object(function: str, values: str = "values") -> dict[str, str]:
    """Call a function that takes one object, whose length it finds by itself."""
    return {
        TEXT: f'{function}("text")',
        NONE: f"{function}(None)",
        INTEGERS: f"{function}(integers)",
        SINGLES: f"{function}(singles)",
        STRIDED: f"{function}(strided)",
        LONGER: f"{function}({values}, len({values}) + 1)",
        FAR: f"{function}({values}, 2**40)",
    }


def of_a_pointer(function: str, pointer: str) -> dict[str, str]:
    """Call a function that takes a pointer and a length; arrays become pointers as documented."""
    return {
        TEXT: f'{function}("text", 4)',
        NONE: f"{function}(None, 2)",
        **{
            mistake: f"{function}({pointer.format(array)}, len({array}))"
            for mistake, array in ((INTEGERS, "integers"), (SINGLES, "singles"))
        },
        STRIDED: f"{function}({pointer.format('strided')}, len(strided))",
        LONGER: f"{function}({pointer.format('doubles')}, len(doubles) + 1)",
        FAR: f"{function}({pointer.format('doubles')}, 2**40)",
    }


CTYPES_POINTER = "{}.ctypes.data_as(POINTER(c_double))"
CFFI_POINTER = 'ffi.from_buffer("double[]", {})'
FREE_BY_HAND = "a = lib.array_init(values, 2); lib.array_free(a); lib.array_free(a)"

POINTERS, OPAQUE = "capi/src/lib.rs", "capi/src/array.rs"
CAPI_CONFIG = ("capi/Cargo.toml", "capi/libraries.py")
CFFI_FACE = "faces/naive_faces.py:cffi_face"
CFFI_CONTAINER = Container(
    make="ffi.gc(lib.array_init(source, len(source)), lib.array_free)",
    mean="lib.array_mean(container)",
    raw="lib.array_init(source, len(source))",
)
CTYPES_FILE = "ctypes/naive_ctypes/__init__.py"

NAIVE = (
    Binding(
        "ctypes",
        "naive_ctypes",
        "ctypes",
        code=(CTYPES_FILE, POINTERS),
        config=("ctypes/setup.py", "ctypes/pyproject.toml", *CAPI_CONFIG),
        declaration=Declaration(CTYPES_FILE, r"^for _function", r"restype"),
        crate="naive-capi",
        imports="from ctypes import POINTER, c_double; from naive_ctypes import _convert, _lib",
        misuse=of_a_pointer("_lib.mean", CTYPES_POINTER) | {TWICE: "_convert(values).free()"},
        container=Container("(_convert(source), len(source))", "_lib.mean(*container)"),
    ),
    Binding(
        "cffi (setuptools)",
        "naive_cffi_setuptools",
        "cffi_setuptools",
        code=(
            *("cffi_setuptools/naive_cffi_setuptools/__init__.py", CFFI_FACE),
            *("capi/naive.h", POINTERS, OPAQUE),
        ),
        config=(
            *("cffi_setuptools/builder.py", "cffi_setuptools/setup.py"),
            *("cffi_setuptools/pyproject.toml", *CAPI_CONFIG),
        ),
        declaration=Declaration("capi/naive.h", r"^double mean", r";"),
        crate="naive-capi",
        native="lib.mean([1.0, 2.0], 2)",
        imports="from naive_cffi_setuptools._native import ffi, lib",
        misuse=of_a_pointer("lib.mean", CFFI_POINTER) | {TWICE: FREE_BY_HAND},
        container=CFFI_CONTAINER,
    ),
    Binding(
        "cffi (maturin)",
        "naive_cffi_maturin",
        "cffi_maturin",
        code=(
            *("cffi_maturin/python/naive_cffi_maturin/__init__.py", CFFI_FACE),
            *(POINTERS, OPAQUE),
        ),
        config=("cffi_maturin/pyproject.toml", "capi/Cargo.toml"),
        declaration=Declaration(POINTERS, r"fn mean\(", r"^\}"),
        crate="naive-capi",
        native="lib.mean([1.0, 2.0], 2)",
        imports="from naive_cffi_maturin._native import ffi, lib",
        misuse=of_a_pointer("lib.mean", CFFI_POINTER) | {TWICE: FREE_BY_HAND},
        container=CFFI_CONTAINER,
    ),
    Binding(
        "PyO3",
        "naive_pyo3",
        "pyo3",
        code=("pyo3/python/naive_pyo3/__init__.py", "pyo3/src/lib.rs"),
        config=("pyo3/Cargo.toml", "pyo3/pyproject.toml"),
        declaration=Declaration("pyo3/src/lib.rs", r"#\[pyfunction\]", r"^    \}"),
        crate="naive-pyo3",
        native="mean([1.0, 2.0])",
        generator=MATURIN,
        imports="from naive_pyo3 import Array, mean",
        misuse=of_an_object("mean") | {TWICE: "Array(values).free()"},
        container=Container("Array(source)", "container.mean()"),
    ),
    Binding(
        "PyO3 + pyo3-arrow",
        "naive_pyo3_arrow",
        "pyo3_arrow",
        code=("pyo3_arrow/python/naive_pyo3_arrow/__init__.py", "pyo3_arrow/src/lib.rs"),
        config=("pyo3_arrow/Cargo.toml", "pyo3_arrow/pyproject.toml"),
        declaration=Declaration("pyo3_arrow/src/lib.rs", r"#\[pyfunction\]", r"^    \}"),
        crate="naive-pyo3-arrow",
        typed="mean_array(np.ones(2))",
        native="mean_array(np.ones(2))",
        generator=MATURIN,
        imports="from naive_pyo3_arrow import Array, mean_array",
        misuse=of_an_object("mean_array", "doubles") | {TWICE: "Array(doubles).free()"},
        container=Container("Array(source)", "container.mean()", source="np.ones(n)"),
    ),
)


KERNELS_H, KERNELS_HPP = "probes/kernels/kernels.h", "probes/kernels/kernels.hpp"
EXTENSIONS, CMAKE = "probes/kernels/extensions.py", "probes/kernels/CMakeLists.txt"
CTYPES_PROBE = "probes/ctypes/probe_ctypes/__init__.py"
SHARED = "sum_shared(np.ones(2))"
SUM_SHARED = of_an_object("sum_shared", "doubles")

PROBES = (
    Binding(
        "ctypes",
        "probe_ctypes",
        "probes/ctypes",
        code=(CTYPES_PROBE,),
        config=("probes/ctypes/setup.py", "probes/ctypes/pyproject.toml", EXTENSIONS),
        imports="from probe_ctypes import _shared, sum_shared",
        typed=SHARED,
        misuse=SUM_SHARED
        | {
            LONGER: "_shared.sum(doubles, len(doubles) + 1)",
            FAR: "_shared.sum(doubles, 2**40)",
        },
    ),
    Binding(
        "cffi",
        "probe_cffi",
        "probes/cffi",
        code=("probes/cffi/probe_cffi/__init__.py", KERNELS_H),
        config=(
            *("probes/cffi/builder.py", "probes/cffi/setup.py", "probes/cffi/pyproject.toml"),
            EXTENSIONS,
        ),
        imports="from probe_cffi import sum_shared; from probe_cffi._native import ffi, lib",
        typed=SHARED,
        native="lib.sum([1.0, 2.0], 2)",
        misuse=SUM_SHARED
        | {
            mistake: call
            for mistake, call in of_a_pointer("lib.sum", CFFI_POINTER).items()
            if mistake in (LONGER, FAR)
        },
    ),
    Binding(
        "Cython",
        "probe_cython",
        "probes/cython",
        code=("probes/cython/probe_cython/__init__.py", "probes/cython/probe_cython/_native.pyx"),
        config=("probes/cython/setup.py", "probes/cython/pyproject.toml", EXTENSIONS),
        imports="from probe_cython import sum_shared",
        typed=SHARED,
        native=SHARED,
        misuse=SUM_SHARED,
    ),
    *(
        Binding(
            tool,
            f"probe_{tool}",
            f"probes/{tool}",
            code=(
                *(f"probes/{tool}/probe_{tool}/__init__.py", f"probes/{tool}/module.cpp"),
                KERNELS_HPP,
            ),
            config=(f"probes/{tool}/CMakeLists.txt", f"probes/{tool}/pyproject.toml", CMAKE),
            imports=f"from probe_{tool} import sum_shared",
            typed=SHARED,
            native=SHARED,
            generator=generator,
            misuse=SUM_SHARED,
        )
        for tool, generator in (("pybind11", "stubgen"), ("nanobind", NANOBIND))
    ),
    Binding(
        "PyO3",
        "probe_pyo3",
        "probes/pyo3",
        code=("probes/pyo3/python/probe_pyo3/__init__.py", "probes/pyo3/src/lib.rs"),
        config=("probes/pyo3/Cargo.toml", "probes/pyo3/build.rs", "probes/pyo3/pyproject.toml"),
        crate="probe-pyo3",
        imports="from probe_pyo3 import sum_shared",
        typed=SHARED,
        native=SHARED,
        generator=MATURIN,
        misuse=SUM_SHARED,
    ),
)

BINDINGS = (*NAIVE, *PROBES)
