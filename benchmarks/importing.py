"""What programs load: how long four kinds of them take, beside others, and the packages that come with each.

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

PROGRAMS = {
    "import hug": "import hug",
    "hug: a command": """
import hug

@hug.cli()
def hello(name: str = "World"):
    return f"Hello {name}"

hug.API(__name__).cli(["program", "hello"])
""",
    "hug: a publisher": """
import os, hug

os.environ["HUG_BROKER"] = ""
hug.sse.channel("news").publish({"n": 1})
""",
    "hug: an endpoint": """
import hug

@hug.get()
def hello(name: str = "World"):
    return {"hello": name}
""",
}

MODULES = ("falcon.asgi", "uvicorn", "starlette.applications", "fastapi")

OPTIONAL = ("marshmallow", "nats", "numpy", "psycopg", "pydantic", "redis")
"""Packages that only users of theirs shall pay for."""

LOADED = "import sys; before = set(sys.modules)\n{}\nprint(); print(*set(sys.modules) - before)"


def run(*arguments: str) -> tuple[float, str, str]:
    """Return seconds, output and errors of an interpreter."""
    start = time.perf_counter()
    # -I: what lies beside this script must not be taken for a library.
    done = subprocess.run([sys.executable, "-I", *arguments], check=True, capture_output=True, text=True)
    return time.perf_counter() - start, done.stdout, done.stderr


def found(module: str) -> bool:
    """Return whether a module can be imported."""
    return importlib.util.find_spec(module.partition(".")[0]) is not None


def packages(program: str) -> Counter[str]:
    """Return the packages that come with a program, with the number of their modules."""
    loaded = run("-c", LOADED.format(program))[1].splitlines()[-1]
    return Counter(name.partition(".")[0] for name in loaded.split())


def own_times(program: str) -> Counter[str]:
    """Return the ms that the modules of each package took by themselves, as Python measures them."""
    times: Counter[str] = Counter()
    for line in run("-X", "importtime", "-c", program)[2].splitlines():
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
    programs = PROGRAMS | {name: f"import {name}" for name in MODULES if found(name)}
    times: dict[str, list[float]] = {program: [] for program in ("pass", *programs.values())}
    for turn in range(arguments.repeat + 1):
        progress(f"{turn + 1}/{arguments.repeat + 1}")
        for program, measured in times.items():
            measured.append(run("-c", program)[0] * 1000)
    medians = {program: statistics.median(measured[1:]) for program, measured in times.items()}
    loaded = {name: packages(program) for name, program in programs.items()}
    show(
        ("program", "ms", "modules", "of hug"),
        [
            (name, medians[program] - medians["pass"], loaded[name].total(), loaded[name]["hug"])
            for name, program in programs.items()
        ],
    )
    print()
    foreign = {
        name: sorted({*loaded[name]} - {"hug", "__mp_main__"} - sys.stdlib_module_names) for name in PROGRAMS
    }
    show(
        ("program", "packages beside the standard library", "optional ones"),
        [
            (name, ", ".join(kept) or "none", ", ".join(sorted({*OPTIONAL} & {*kept})) or "none")
            for name, kept in foreign.items()
        ],
    )
    print()
    own = own_times(PROGRAMS["hug: an endpoint"])
    show(("package of an endpoint", "ms by itself"), [(name, spent) for name, spent in own.most_common(12)])


if __name__ == "__main__":
    main()
