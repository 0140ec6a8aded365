"""As much HTTP as a measurement needs, on plain sockets: a busy client would measure itself."""

from __future__ import annotations

import select
import socket
import time

TIMEOUT = 30.0
"""Seconds after which a server that does not answer ends the measurement."""

HEAD_END = b"\r\n\r\n"


def connect(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Return a connection to the server."""
    connection = socket.create_connection((host, port), TIMEOUT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def request(path: str, accept: str = "*/*") -> bytes:
    """Return the bytes of a GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n\r\n".encode()


def receive(connection: socket.socket, size: int = 1 << 18) -> bytes:
    """Return the next bytes; raise ConnectionError when the server has closed the connection."""
    data = connection.recv(size)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


def read_until(connection: socket.socket, mark: bytes) -> bytes:
    """Return what comes, up to the chunk with ``mark`` in it; raise RuntimeError unless the status is 200."""
    data = receive(connection)
    while mark not in data:
        data += receive(connection)
    if not data.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"the server answered {data[:200]!r}")
    return data


def read_answer(connection: socket.socket) -> tuple[bytes, int]:
    """Return the body of an answer with a Content-Length, and the size of the whole answer in bytes."""
    data = read_until(connection, HEAD_END)
    head, _, body = data.partition(HEAD_END)
    length = int(head.lower().partition(b"content-length:")[2].split(None, 1)[0])
    while len(body) < length:
        body += receive(connection)
    return body, len(head) + len(HEAD_END) + length


def answer(port: int, path: str, host: str = "127.0.0.1") -> bytes:
    """Return the body of the answer to a GET request."""
    with connect(port, host) as connection:
        connection.sendall(request(path))
        return read_answer(connection)[0]


def count_answers(port: int, path: str, connections: int, seconds: float) -> float:
    """Ask over ``connections`` connections, on each again as soon as it is answered.

    Returns:
        Answers a second.
    """
    asking = request(path)
    poll = select.epoll()
    clients = [connect(port) for _ in range(connections)]
    try:
        for client in clients:
            client.sendall(asking)
            _, size = read_answer(client)
            poll.register(client, select.EPOLLIN)
        by_number = {client.fileno(): client for client in clients}
        missing = dict.fromkeys(by_number, size)  # bytes of the answer that are yet to come
        for client in clients:
            client.sendall(asking)
        done = 0
        start = now = time.perf_counter()
        while now - start < seconds:
            # Never sleep: the server would pay for waking this client, the more often the slower it is.
            for number, _ in poll.poll(0):
                client = by_number[number]
                missing[number] -= len(receive(client))
                if missing[number] == 0:
                    done += 1
                    missing[number] = size
                    client.sendall(asking)
                elif missing[number] < 0:
                    raise RuntimeError(f"an answer to {path} is longer than the first one")
            now = time.perf_counter()
        return done / (now - start)
    finally:
        poll.close()
        for client in clients:
            client.close()
