"""Streams on which nothing happens: what one costs, and whether clients that leave leave anything behind.

Memory is what the server's process has resident. The kernel's for the sockets comes on top, for all alike.
"""

from __future__ import annotations

import argparse
import resource
import socket
import time

from client import connect, read_until, request
from servers import Server, installed
from table import medians, progress, show

NAMES = ("hug", "falcon", "sse-starlette", "fastapi", "asgi")
WAITS = ("event", "sleep")

BATCH = 100
"""Clients that come at the same time."""

PATIENCE = 5.0
"""Seconds for a server to notice that its clients have left."""

FIRST_EVENT = b"hello"


def opened(port: int, path: str, count: int) -> list[socket.socket]:
    """Return that many clients, each with its first event read."""
    clients: list[socket.socket] = []
    for start in range(0, count, BATCH):
        batch = [connect(port) for _ in range(min(BATCH, count - start))]
        for client in batch:
            client.sendall(request(path))
        for client in batch:
            read_until(client, FIRST_EVENT)
        clients += batch
    return clients


def come_and_go(port: int, path: str, count: int) -> None:
    """Let that many clients come, read an event, and leave."""
    for start in range(0, count, BATCH):
        for client in opened(port, path, min(BATCH, count - start)):
            client.close()


def settled(server: Server, tasks: int) -> int:
    """Return how many tasks there are when there are no more than ``tasks``, or `PATIENCE` is over."""
    deadline = time.monotonic() + PATIENCE
    while (now := server.tasks()) > tasks and time.monotonic() < deadline:
        time.sleep(0.1)
    return now


def weigh(name: str, path: str, streams: int) -> tuple[float, float]:
    """Return the KiB and the tasks that one more stream costs, and clients that are there already do not."""
    with Server(name) as server:
        come_and_go(server.port, path, BATCH)
        time.sleep(0.5)
        tasks, memory = server.tasks(), server.memory()
        clients = opened(server.port, path, streams)
        time.sleep(1)
        memory = server.memory() - memory
        tasks = server.tasks() - tasks
        for client in clients:
            client.close()
        return memory / 1024 / streams, tasks / streams


def wear(name: str, path: str, visits: int) -> tuple[float, float, float]:
    """Return tasks and MiB that are left of many visits, after some to warm up; and visits a second."""
    with Server(name) as server:
        idle = server.tasks()
        come_and_go(server.port, path, 1000)
        settled(server, idle)
        memory, start = server.memory(), time.monotonic()
        come_and_go(server.port, path, visits)
        seconds = time.monotonic() - start
        left = settled(server, idle) - idle
        return float(left), (server.memory() - memory) / 1024**2, visits / seconds


def main() -> None:
    """Measure all that are installed, in turns, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=5000)
    parser.add_argument("--visits", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the servers inherit it
    if most < arguments.streams + 100:
        parser.error(f"a process may have {most} open files: see `ulimit -Hn`, or choose fewer --streams")
    cases = [(name, wait) for name in NAMES if installed(name) for wait in WAITS]
    cases.remove(("asgi", "sleep"))  # it waits for its client alone
    runs: dict[tuple[str, str], list[tuple[float, ...]]] = {case: [] for case in cases}
    for turn in range(arguments.repeat):
        for name, wait in cases:
            progress(f"{turn + 1}/{arguments.repeat} {name} {wait}")
            path = f"/idle/{wait}"
            weight, worn = weigh(name, path, arguments.streams), wear(name, path, arguments.visits)
            runs[name, wait].append((*weight, *worn))
    show(
        ("server", "waits in", "KiB a stream", "tasks a stream", "tasks left", "MiB grown", "visits/s"),
        [(*case, *medians(runs[case])) for case in cases],
    )


if __name__ == "__main__":
    main()
