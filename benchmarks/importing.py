"""What ``import hug`` takes: time, beside others, and the packages that come with it.

Times are of fresh interpreters with warm caches, less that of an interpreter that imports nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys
import time
from collections import Counter

from table import progress, show

MODULES = ("hug", "falcon.asgi", "uvicorn", "starlette.applications", "fastapi")

OPTIONAL = ("marshmallow", "nats", "numpy", "psycopg", "pydantic", "redis")
"""Packages that only users of theirs shall pay for."""

LOADED = "import sys; before = set(sys.modules); import {}; print(*set(sys.modules) - before)"


def run(*arguments: str) -> tuple[float, str, str]:
    """Return seconds, output and errors of an interpreter."""
    start = time.perf_counter()
    # -I: what lies beside this script must not be taken for a library.
    done = subprocess.run([sys.executable, "-I", *arguments], check=True, capture_output=True, text=True)
    return time.perf_counter() - start, done.stdout, done.stderr


def found(module: str) -> bool:
    """Return whether a module can be imported."""
    return importlib.util.find_spec(module.partition(".")[0]) is not None


def packages(module: str) -> Counter[str]:
    """Return the packages that come with a module, with the number of their modules."""
    return Counter(name.partition(".")[0] for name in run("-c", LOADED.format(module))[1].split())


def own_times(module: str) -> Counter[str]:
    """Return the ms that the modules of each package took by themselves, as Python measures them."""
    times: Counter[str] = Counter()
    for line in run("-X", "importtime", "-c", f"import {module}")[2].splitlines():
        own, _, name = line.removeprefix("import time:").split("|")
        if own.strip().isdecimal():
            times[name.strip().partition(".")[0]] += int(own) / 1000
    return times


def main() -> None:
    """Measure all that are installed, in turns, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=20)
    arguments = parser.parse_args()
    statements = {name: f"import {name}" for name in MODULES if found(name)}
    times: dict[str, list[float]] = {statement: [] for statement in ("pass", *statements.values())}
    for turn in range(arguments.repeat + 1):
        progress(f"{turn + 1}/{arguments.repeat + 1}")
        for statement, measured in times.items():
            measured.append(run("-c", statement)[0] * 1000)
    medians = {statement: statistics.median(measured[1:]) for statement, measured in times.items()}
    loaded = {name: packages(name) for name in statements}
    show(
        ("import", "ms", "modules"),
        [(name, medians[statements[name]] - medians["pass"], loaded[name].total()) for name in statements],
    )
    print()
    foreign = [name for name in loaded["hug"] if name not in sys.stdlib_module_names and name != "hug"]
    print("packages beside the standard library:", ", ".join(sorted(foreign)))
    print("optional packages:", ", ".join(sorted(set(OPTIONAL) & set(foreign))) or "none")
    print()
    own = own_times("hug")
    show(("package", "ms by itself"), [(name, spent) for name, spent in own.most_common(12)])


if __name__ == "__main__":
    main()
