"""The kernels for setuptools and cffi, for the setup.py of packages that include them."""

from pathlib import Path

FOLDER = Path(__file__).parent
HEADER = FOLDER / "kernels.h"
PREAMBLE = '#include <stddef.h>\n#include <stdint.h>\n#include "kernels.h"'


def with_kernels(*sources: str) -> dict[str, list[str]]:
    """The arguments of an extension module with these sources and the kernels."""
    return {
        "sources": [*sources, "../kernels/kernels.c"],
        "include_dirs": [str(FOLDER)],
        "extra_compile_args": ["-O3"],
    }
