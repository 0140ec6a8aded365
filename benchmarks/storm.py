"""A deployment: all readers of a channel come at once, have their first bytes, and leave.

"us a reader" is the server's processor time for one that connects, is answered and goes. "seconds" is how
long it took until all had been answered; the client, one Python process, takes a large part of that.
"""

from __future__ import annotations

import argparse
import resource
import select
import time

from client import connect, receive, request
from peers import COMMANDS
from servers import Server, installed
from table import medians, progress, show

CASES = (
    ("hug", "def", "/all"),
    ("hug", "async def", "/events"),
    ("hug -f", "def", "/all"),
    ("hug -f", "async def", "/all/async"),
    ("hug -f", "with a parameter", "/events"),
    ("falcon", "async def", "/events"),
    ("sse-starlette", "async def", "/events"),
    ("fastapi", "async def", "/events"),
    ("asgi", "async def", "/events"),
)

SETTLED = 0.5
"""Seconds in which a server has noticed that all have left."""

Case = tuple[str, str, str]


def storm(port: int, path: str, readers: int) -> float:
    """Let that many readers come, all before the first of them reads; return the seconds until all have."""
    asking = request(path, "text/event-stream")
    began = time.perf_counter()
    clients = [connect(port) for _ in range(readers)]
    try:
        for client in clients:
            client.sendall(asking)
        poll = select.epoll()
        for client in clients:
            poll.register(client, select.EPOLLIN)
        by_number = {client.fileno(): client for client in clients}
        left = readers
        while left:
            for number, _ in poll.poll(10):
                receive(by_number[number])
                poll.unregister(number)
                left -= 1
        poll.close()
        return time.perf_counter() - began
    finally:
        for client in clients:
            client.close()


def measure(case: Case, readers: int) -> tuple[float, float]:
    """Return the server's processor time for a reader, in us, and the seconds until all are answered."""
    name, _, path = case
    with Server(name, COMMANDS[name]) as server:
        storm(server.port, path, readers)
        time.sleep(SETTLED)
        before = server.cpu()
        seconds = storm(server.port, path, readers)
        time.sleep(SETTLED)
        return (server.cpu() - before) / readers * 1e6, seconds


def main() -> None:
    """Measure all that are installed, in turns, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readers", type=int, default=1500, help="fewer than the listen backlog, 2048")
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the servers inherit it
    cases = [case for case in CASES if installed(case[0])]
    runs: dict[Case, list[tuple[float, ...]]] = {case: [] for case in cases}
    for turn in range(arguments.repeat):
        for case in cases:
            progress(f"{turn + 1}/{arguments.repeat} {case[0]}, {case[1]}")
            runs[case].append(measure(case, arguments.readers))
    results = {case: medians(runs[case]) for case in cases}
    falcon = results[next(case for case in cases if case[0] == "falcon")][0]
    show(
        ("server", "handler", "us a reader", "to falcon", "seconds"),
        [
            (name, kind, result[0], result[0] / falcon, result[1])
            for (name, kind, _), result in results.items()
        ],
    )


if __name__ == "__main__":
    main()
