"""Serve the examples as their first lines say."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "examples"


@contextmanager
def serving_example(name: str, port: int, options: Sequence[str] = ("-ma", "-s")) -> Iterator[list[str]]:
    """Serve an example until the block ends; it begins when the server listens.

    The list gets what the server has printed, once it has ended.
    """
    command = [sys.executable, "-m", "hug", "-f", str(FOLDER / name), "-p", str(port), *options]
    printed: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        try:
            _wait_until_listening(server, port)
            yield printed
        finally:
            server.terminate()
            printed.append(server.communicate()[0].decode())


def _wait_until_listening(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                raise AssertionError(server.communicate()[0].decode()) from None
            time.sleep(0.02)
        else:
            return
