"""Handlers that fail: a 500, after which the connection is good for the next request."""

from .client import Client
from .serving import Server

NEXT = b"GET /answer HTTP/1.1\r\nHost: localhost\r\n\r\n"


def is_used_again(client: Client) -> None:
    assert client.head().status == 500
    assert client.json() == {"errors": {"500 Internal Server Error": None}}
    assert "connection" not in client.headers
    client.send(NEXT)
    assert client.head().status == 200
    assert client.rest()


def test_handlers(server: Server) -> None:
    """A handler that fails is logged once, with its route; its connection is good for the next request."""
    printed = len(server.log)
    for number in range(3):
        with server.open(f"/broken/{number}") as client:
            is_used_again(client)
    log = server.logs("this handler is broken: 2", printed)
    assert "GET /broken/2, the route /broken/{kind}, failed" in log
    assert log.count("RuntimeError: this handler is broken: 2\n") == 1
    assert "in broken\n" in log, "the traceback does not lead to the handler"


def test_handlers_that_left_a_body(server: Server) -> None:
    """So it is if the handler has read nothing of a body that has come, but on granian."""
    headers = {"Content-Length": "100000"}
    with server.open("/broken/body", method="POST", headers=headers, body=b"x" * 100_000) as client:
        if server.name == "granian":  # it closes such a connection, whatever the application does
            assert client.head().status == 500
        else:
            is_used_again(client)
