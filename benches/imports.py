"""How long `import` takes: fresh processes, in turn, beside other libraries (`make bench-imports`).

The processes have read their files before, so this is the time of a warm start. Each one measures
the statement alone, without the start of the interpreter.
"""

import argparse
import importlib.util
import statistics
import subprocess
import sys

MODULES = ("colstats", "numpy", "pyarrow", "polars", "pandas", "duckdb")
CODE = "from time import perf_counter as t; a = t(); import {}; print(t() - a)"


def once(module: str) -> float:
    """Seconds that the import takes in a process of its own."""
    command = [sys.executable, "-c", CODE.format(module)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measure(modules: list[str], rounds: int) -> dict[str, list[float]]:
    """Seconds by module; the modules take turns, so that all meet the same disturbances."""
    for module in modules:
        once(module)
    times: dict[str, list[float]] = {module: [] for module in modules}
    for _ in range(rounds):
        for module in modules:
            times[module].append(once(module))
    return times


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=25)
    rounds = options.parse_args().rounds
    modules = [module for module in MODULES if importlib.util.find_spec(module)]
    print("| import | median, ms | least, ms |\n| --- | ---: | ---: |")
    for module, seconds in measure(modules, rounds).items():
        median, least = (1e3 * pick(seconds) for pick in (statistics.median, min))
        print(f"| {module} | {median:.1f} | {least:.1f} |")


if __name__ == "__main__":
    main()
