"""Results as a table that reads well in a terminal and in Markdown."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Container, Iterable, Sequence
from typing import Any


def show(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; the first column is text, in the others are numbers or text."""
    lines = [list(head), *([text(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    for first, *others in lines:
        cells = [
            first.ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)),
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


def text(value: Any) -> str:
    """Return a cell as text: numbers with three digits that count, at least."""
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def medians(runs: Sequence[Sequence[float]], worst: Container[int] = ()) -> list[float]:
    """Return the median of each column of several runs, the largest value of those columns in ``worst``."""
    return [
        max(column) if number in worst else statistics.median(column)
        for number, column in enumerate(zip(*runs, strict=True))
    ]


def progress(words: str) -> None:
    """Tell who waits what is measured now."""
    print(f"  {words}", file=sys.stderr, flush=True)
