"""hug.server: the sockets that `hug -f` serves on."""

import socket

import pytest

from hug.server.sockets import UNACKNOWLEDGED, close, listen


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux has TCP_USER_TIMEOUT")
def test_vanished_clients_are_given_up() -> None:
    """A connection inherits the time after which a client that acknowledges nothing counts as gone."""
    listeners = listen("127.0.0.1", 0)
    try:
        with socket.create_connection(listeners[0].getsockname()):
            connection, _ = listeners[0].accept()
            with connection:
                timeout = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    finally:
        close(listeners)
    assert timeout == 1000 * UNACKNOWLEDGED
