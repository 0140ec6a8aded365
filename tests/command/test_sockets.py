"""hug.server: the sockets that the command serves on."""

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from hug.server.sockets import BACKLOG, close, listen


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    listeners = listen("127.0.0.1", 0)
    yield listeners[0]
    close(listeners)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux has TCP_USER_TIMEOUT")
def test_slow_clients_are_not_given_up(listener: socket.socket) -> None:
    """The system drops no client whose window stays small: its silence counts, at which the server looks."""
    with socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 0


@pytest.mark.skipif(not Path("/proc/sys/net/core/somaxconn").exists(), reason="only Linux tells its limit")
def test_backlog(listener: socket.socket) -> None:
    """As many connections may wait as the system allows, up to 4096."""
    allowed = int(Path("/proc/sys/net/core/somaxconn").read_text())
    *_, backlog = struct.unpack("8B6I", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32))
    assert backlog == min(allowed, BACKLOG) == min(allowed, 4096)
