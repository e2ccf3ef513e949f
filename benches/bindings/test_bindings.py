"""The bindings answer, refuse and free memory as they should, and failed builds are reported.

Run by ``make test-bindings``, after ``make bindings``.
"""

import gc
import importlib
import json
import math
import random
import resource
import statistics
import sys
from ctypes import ArgumentError
from pathlib import Path
from types import ModuleType

import arro3.core as arro3
import build
import naive_pyo3_arrow
import naive_table1
import numpy as np
import pytest

VALUES = [float(value) for value in random.Random(1).choices(range(1, 100_000_000), k=10_000)]
STATISTICS = {"mean": statistics.fmean, "stddev": statistics.pstdev}
NOT_LISTS = [None, 5, "abc", ["a"], [None], [[1.0]], object()]
REFUSALS = (TypeError, ValueError, BufferError, ArgumentError)  # the last one is ctypes'
MIB = 2**20


@pytest.fixture(params=["ctypes", "cffi_setuptools", "cffi_maturin", "pyo3", "pyo3_arrow"])
def naive(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(f"naive_{request.param}")


@pytest.fixture(params=["ctypes", "cffi", "cython", "pybind11", "nanobind", "pyo3"])
def probe(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(f"probe_{request.param}")


class Exporter:
    """An object whose only protocol is the one for Arrow arrays."""

    def __init__(self, array: arro3.Array) -> None:
        self.array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return self.array.__arrow_c_array__(requested_schema)


def resident() -> int:
    """The resident memory of this process in bytes; on Linux only."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        pytest.skip("the resident memory cannot be read here")
    return pages * resource.getpagesize()


@pytest.mark.parametrize("statistic", STATISTICS)
def test_answers_are_those_of_the_standard_library(naive: ModuleType, statistic: str) -> None:
    function, arguments = naive.prepare(VALUES).calls()[statistic]
    expected = STATISTICS[statistic](VALUES)
    assert getattr(naive, statistic)(VALUES) == pytest.approx(expected, rel=1e-12)
    assert function(*arguments) == pytest.approx(expected, rel=1e-12)


def test_additions_come_one_after_the_other(naive: ModuleType) -> None:
    assert naive.mean([1e16, 1.0, -1e16, 1.0]) == 0.25


@pytest.mark.parametrize("statistic", STATISTICS)
def test_statistics_of_no_values_are_nan(naive: ModuleType, statistic: str) -> None:
    function, arguments = naive.prepare([]).calls()[statistic]
    assert math.isnan(getattr(naive, statistic)([]))
    assert math.isnan(function(*arguments))


@pytest.mark.parametrize("values", NOT_LISTS, ids=repr)
def test_anything_but_a_list_of_numbers_is_refused(naive: ModuleType, values: object) -> None:
    for function in (naive.mean, naive.stddev, naive.prepare):
        with pytest.raises(TypeError):
            function(values)


def test_calls_outlive_their_source(naive: ModuleType) -> None:
    function, arguments = naive.prepare(list(VALUES)).calls()["mean"]
    gc.collect()
    others = [naive.prepare([0.0] * len(VALUES)) for _ in range(10)]
    assert function(*arguments) == pytest.approx(statistics.fmean(VALUES), rel=1e-12)
    del others


def test_memory_is_freed(naive: ModuleType) -> None:
    values = VALUES * 10  # 0.8 MB in any container
    for round in range(60):
        naive.prepare(values)
        naive.mean(values)
        if round == 10:
            before = resident()
    assert resident() - before < 16 * MIB


def test_arrow_arrays_and_buffers_are_read_in_place() -> None:
    values = np.array(VALUES)
    container = naive_pyo3_arrow.Array(values)
    assert container.mean() == naive_pyo3_arrow.mean_array(values)
    assert container.stddev() == naive_pyo3_arrow.stddev_array(values)
    values[:] = 3.0
    assert (container.mean(), container.stddev()) == (3.0, 0.0)
    assert naive_pyo3_arrow.mean_array(Exporter(arro3.Array(np.arange(8.0)).slice(2, 2))) == 2.5


def test_arrow_streams_are_imported_by_chunk() -> None:
    chunks = [arro3.Array(np.arange(float(size))) for size in (3, 0, 5)]
    for source, count in ((arro3.ChunkedArray(chunks), 8), (chunks[0], 3), (np.ones(4), 4)):
        assert naive_pyo3_arrow.Chunks(source).count() == count


def test_arrow_arrays_of_other_types_and_with_nulls_are_refused() -> None:
    for refused, error, message in (
        (np.arange(4), TypeError, "expected Float64, got Int64"),
        (arro3.Array([1.0, None], arro3.DataType.float64()), ValueError, "1 nulls"),
        (arro3.ChunkedArray([np.ones(4)]), ValueError, "__arrow_c_array__"),
        (VALUES, ValueError, "buffer protocol"),
    ):
        for function in (naive_pyo3_arrow.mean_array, naive_pyo3_arrow.Array):
            with pytest.raises(error, match=message):
                function(refused)


def test_integers_are_summed() -> None:
    array = np.arange(1001)
    calls = naive_table1.calls(array)
    answers = {language: function(*arguments) for language, (function, arguments) in calls.items()}
    assert answers == {"c": 500_500, "rust": 500_500}
    for refused in (array.astype("int32"), array[::2], array.reshape(7, 143)):
        with pytest.raises(TypeError):
            naive_table1.calls(refused)


def test_scalars_go_in_and_out(probe: ModuleType) -> None:
    assert probe.add(2**40, -1) == 2**40 - 1
    assert [probe.fibonacci(n) for n in range(13)][-3:] == [55, 89, 144]
    for refused in ("1", None, [1]):
        with pytest.raises(REFUSALS):
            probe.add(refused, 1)


def test_arrays_are_summed_and_read(probe: ModuleType) -> None:
    array = np.array(VALUES)
    array.flags.writeable = False
    expected = math.fsum(VALUES)  # a sum of integers
    assert (probe.sum_shared(array), probe.sum_copied(VALUES)) == (expected, expected)
    assert (probe.first(array), probe.first_copied(VALUES)) == (VALUES[0], VALUES[0])


def test_empty_arrays_sum_to_zero_and_have_no_first_value(probe: ModuleType) -> None:
    assert (probe.sum_shared(np.zeros(0)), probe.sum_copied([])) == (0.0, 0.0)
    for function, empty in ((probe.first, np.zeros(0)), (probe.first_copied, [])):
        with pytest.raises(IndexError):
            function(empty)


@pytest.mark.parametrize("array", [None, 5, "abc", VALUES, np.ones(8)[::2]], ids=type)
def test_what_cannot_be_shared_is_refused(probe: ModuleType, array: object) -> None:
    for function in (probe.sum_shared, probe.first):
        with pytest.raises(REFUSALS):
            function(array)


@pytest.mark.parametrize("array", [np.ones(8, "int64"), np.ones((2, 2))], ids=["int64", "2d"])
def test_other_types_and_shapes_are_refused(probe: ModuleType, array: np.ndarray) -> None:
    if probe.__name__ in ("probe_cffi", "probe_pybind11") and array.ndim == 2:
        pytest.skip("accepts any shape, since the memory is the same")
    if probe.__name__ == "probe_cffi":
        pytest.skip("does not know the type")
    with pytest.raises(REFUSALS):
        probe.sum_shared(array)


@pytest.mark.parametrize("values", NOT_LISTS, ids=repr)
def test_what_cannot_be_copied_is_refused(probe: ModuleType, values: object) -> None:
    for function in (probe.sum_copied, probe.first_copied):
        with pytest.raises(TypeError):
            function(values)


def test_shared_means_not_copied(probe: ModuleType) -> None:
    array = np.zeros(2**27)  # never touched, so only a copy makes it resident
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert probe.first(array) == 0.0
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (after - before) * 1024 < 64 * MIB


@pytest.fixture
def broken(tmp_path: Path) -> build.Package:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    )
    (folder / "setup.py").write_text('raise RuntimeError("no such compiler: " + "c" * 3)\n')
    return build.Package("naive_broken", "folder")


@pytest.mark.parametrize("strict", [False, True])
def test_failed_builds_are_reported(
    broken: build.Package,
    strict: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(build, "PACKAGES", (broken,))
    monkeypatch.setattr(build, "HERE", tmp_path)
    monkeypatch.setattr(sys, "argv", ["build.py", *(["--strict"] if strict else [])])
    assert build.main() == int(strict)
    status = json.loads((tmp_path / "build/status.json").read_text())["naive_broken"]
    assert (status["ok"], status["error"]) == (False, "RuntimeError: no such compiler: ccc")
    assert "FAILED" in capsys.readouterr().out
    assert status["error"] in (tmp_path / status["log"]).read_text()


def test_a_changed_source_is_built_again(broken: build.Package, tmp_path: Path) -> None:
    builder = build.Builder(tmp_path)
    key = builder.key(broken)
    (tmp_path / "folder" / "build").mkdir()
    (tmp_path / "folder" / "build" / "left.o").touch()
    assert builder.key(broken) == key
    (tmp_path / "folder" / "setup.py").write_text("")
    assert builder.key(broken) != key


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("error: subprocess-exited-with-error\nm.c:1:2: fatal error: a.h: none\nmore", "m.c:1:2"),
        ("note\nerror[E0425]: cannot find\nerror: could not compile", "error[E0425]: cannot find"),
        (
            "CMake Error at a.txt:3 (message):\n\n  No C.\n",
            "CMake Error at a.txt:3 (message): No C.",
        ),
        ("only this", "only this"),
        ("", "the build printed nothing"),
    ],
)
def test_the_cause_of_a_failure_is_found(log: str, line: str) -> None:
    assert build.cause_in(log).startswith(line)
