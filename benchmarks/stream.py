"""One generator, one reader: how many events of 100 bytes a second reach it.

The server has one core and the reader another. "us an event" is the server's processor time, which other work
on the machine disturbs less than the rate. Where "server busy %" is near 100, the rate is the server's own.
"""

from __future__ import annotations

import argparse
import time

from client import connect, receive, request
from servers import Server, installed
from table import medians, progress, show

CASES = (
    ("hug", "async", "/stream"),
    ("hug", "sync", "/stream/sync"),
    ("falcon", "async", "/stream"),
    ("sse-starlette", "async", "/stream"),
    ("fastapi", "async", "/stream"),
    ("fastapi", "sync", "/stream/sync"),
    ("asgi", "async", "/stream"),
)

MARK = b"data: "
"""What each event has once."""


def read(port: int, path: str, events: int) -> float:
    """Read that many events; return the seconds it took."""
    with connect(port) as connection:
        start = time.perf_counter()
        connection.sendall(request(f"{path}?n={events}"))
        found, tail = 0, b""
        while found < events:
            data = tail + receive(connection)
            found += data.count(MARK)
            tail = data[1 - len(MARK) :]  # a mark may be cut in two
        return time.perf_counter() - start


def measure(name: str, path: str, events: int) -> tuple[float, float, float]:
    """Return events a second, the server's processor time for one in us, and its load in %."""
    with Server(name) as server:
        read(server.port, path, events // 10)
        before = server.cpu()
        seconds = read(server.port, path, events)
        used = server.cpu() - before
        return events / seconds, used / events * 1e6, used / seconds * 100


def main() -> None:
    """Measure all that are installed, in turns, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    cases = [case for case in CASES if installed(case[0])]
    runs: dict[tuple[str, str, str], list[tuple[float, float, float]]] = {case: [] for case in cases}
    for turn in range(arguments.repeat):
        for case in cases:
            progress(f"{turn + 1}/{arguments.repeat} {case[0]} {case[1]}")
            runs[case].append(measure(case[0], case[2], arguments.events))
    results = {case: medians(runs[case]) for case in cases}
    base = results["falcon", "async", "/stream"][0]
    show(
        ("server", "generator", "events/s", "to falcon", "us an event", "server busy %"),
        [
            (name, kind, result[0], result[0] / base, *result[1:])
            for (name, kind, _), result in results.items()
        ],
    )


if __name__ == "__main__":
    main()
