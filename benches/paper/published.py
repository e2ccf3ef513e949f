"""What the paper published, with the swapped heads of Table VI set right.

Times of Table I are in milliseconds, all others in microseconds, whatever their heads say.
"""

VALUES = 1_000_000
EXPONENTS = [10 + half / 2 for half in range(18)]
CHUNKS = [int(2**exponent) for exponent in EXPONENTS]
MACHINE = "Ryzen 7 5800X, Linux 6.14, Rust 1.87, CPython 3.12.8, NumPy 2.2.0, cffi 1.17.1"

SUMS = {"C": 23.0, "Python": 618.0, "NumPy": 24.0, "Rust": 23.1}

SERIAL = {
    "M1": {
        "ctypes": {"mean": 1.978e5, "stddev": 1.973e5},
        "cffi (setuptools)": {"mean": 7347.0, "stddev": 7717.0},
        "cffi (maturin)": {"mean": 7262.0, "stddev": 7704.0},
        "PyO3": {"mean": 6423.0, "stddev": 6965.0},
        "NumPy": {"mean": 2.561e4, "stddev": 2.7e4},
    },
    "M2": {
        "ctypes": {"mean": 1369.0, "stddev": 1658.0},
        "cffi (setuptools)": {"mean": 633.1, "stddev": 1257.0},
        "cffi (maturin)": {"mean": 638.2, "stddev": 1265.0},
        "PyO3": {"mean": 634.7, "stddev": 1256.0},
        "NumPy": {"mean": 262.5, "stddev": 1594.0},
    },
}

#: Totals by chunk size, in the order of ``CHUNKS``.
CHUNKED = {
    "mean": {
        "PyO3": [
            *(759.9, 722.4, 696.0, 677.6, 661.4, 651.9, 644.1, 640.3, 635.2),
            *(632.6, 630.0, 629.2, 628.3, 626.8, 627.2, 626.2, 626.1, 625.3),
        ],
        "NumPy": [
            *(3475.0, 2510.0, 1860.0, 1421.0, 1107.0, 870.1, 682.9, 546.7, 425.7),
            *(343.8, 286.1, 244.0, 212.9, 190.4, 173.8, 165.5, 154.9, 153.2),
        ],
    },
    "stddev": {
        "PyO3": [
            *(1348.0, 1316.0, 1296.0, 1285.0, 1278.0, 1272.0, 1264.0, 1258.0, 1253.0),
            *(1253.0, 1251.0, 1251.0, 1250.0, 1249.0, 1249.0, 1246.0, 1248.0, 1249.0),
        ],
        "NumPy": [
            *(9382.0, 6808.0, 5040.0, 3825.0, 2928.0, 2258.0, 1791.0, 1466.0, 1233.0),
            *(1071.0, 958.8, 880.5, 828.2, 787.8, 765.5, 757.9, 772.5, 819.2),
        ],
    },
}

#: Microseconds per call, and those without any call.
FITS = {
    "mean": {"PyO3": (0.1408, 472.7), "NumPy": (3.562, 14.36)},
    "stddev": {"PyO3": (0.1017, 1095.0), "NumPy": (8.878, 560.9)},
}

#: How far off an answer may be. The paper calls it 1 %.
TOLERANCE = 0.01
