"""Serving an application with uvicorn in this process, and talking to it in bytes."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn


@contextlib.contextmanager
def serving(application: Any, **options: Any) -> Iterator[int]:
    """Serve ``application`` in a thread; gives the port. The options are uvicorn's."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, log_config=None, timeout_graceful_shutdown=1, **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def exchange(port: int, *parts: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send ``parts`` over one connection; return status, headers and body."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for part in parts:
            connection.sendall(part)
        with connection.makefile("rb") as file:
            status = int(file.readline().split()[1])
            headers = {}
            while (line := file.readline().strip()) != b"":
                name, _, value = line.decode().partition(":")
                headers[name.lower()] = value.strip()
            return status, headers, file.read(int(headers.get("content-length", 0)))


def get(path: str, *headers: str) -> bytes:
    """Return a GET request in bytes."""
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", "")).encode()
