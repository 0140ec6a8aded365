"""``python -m tests.faults --seconds 3600``: faults for as long as wanted, and a table."""

import argparse
import signal
import sys
import threading
import time

from .accounts import Figures
from .schedule import CASES, Case, for_long, possible

HEAD = (
    "engine", "fault", "times", "published", "not taken", "unknown", "delivered", "repeated", "lost",
    "gaps told", "gone with the engine", "seconds to recover",
)  # fmt: skip


def row(case: Case, times: int, figures: Figures) -> str:
    """Return a line of the table."""
    cells = (
        case.engine, case.fault.__name__.replace("_", " "), times, figures.published, figures.refused,
        figures.unknown, figures.delivered, figures.repeated, figures.lost, figures.gaps, figures.forgotten,
        f"{figures.recovery:.1f}",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def main() -> int:
    """Print what goes wrong as it does, and the table in the end; return 1 if anything has."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="after which no further fault begins")
    parser.add_argument("--longest", type=float, default=10, help="seconds that a fault lasts at most")
    parser.add_argument("--engine", action="append", help="only this one; may be given several times")
    parser.add_argument("--fault", action="append", help="only this one; may be given several times")
    words = parser.parse_args()
    cases = [
        case
        for case in CASES
        if (not words.engine or case.engine in words.engine)
        and (not words.fault or case.fault.__name__ in words.fault)
        and not possible(case)
    ]
    if not cases:
        parser.error(f"there are {', '.join(case.name for case in CASES)}")
    totals: dict[Case, tuple[int, Figures]] = {}
    lock = threading.Lock()
    began = time.monotonic()

    def told(case: Case, figures: Figures) -> None:
        with lock:
            times, total = totals.setdefault(case, (0, Figures()))
            total.add(figures)
            totals[case] = times + 1, total
            for problem in figures.problems:
                print(f"{time.monotonic() - began:.0f} s: {case.name}: {problem}", flush=True)

    enough = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: enough.set())
    for_long(cases, words.seconds, words.longest, told, enough)
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for case in CASES:
        if case in totals:
            print(row(case, *totals[case]))
    return 1 if any(figures.problems for _, figures in totals.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
