"""Ports for what has to be told one: servers and engines, processes of their own."""

import errno
import itertools
import random
import socket
import sys
from pathlib import Path
from typing import Final

_FIRST: Final = 20_000
"""Above those that browsers refuse, and those of services that machines have."""

_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")

_SOME: Final = 500
"""Ports with fewer than these many below those of connections are no choice."""


def free_port() -> int:
    """Return a port that nobody listens on, and that nobody is given until this process ends.

    A free one that the system names is one for connections, too: until a server listens, or while it is
    restarted, any process of the machine may be given it for a connection of its own, or the client that
    waits for the server be connected to itself. So it is one below those; and a name on this machine, which
    ends with the process, tells other runs of tests that it is taken.
    """
    last = _first_of_connections()
    if last - _FIRST < _SOME:
        return _named_by_the_system()
    ports = range(_FIRST, last)
    begin = random.randrange(len(ports))
    for port in itertools.chain(ports[begin:], ports[:begin]):
        if _keep(port) and _is_free(port):
            return port
    raise AssertionError(f"all ports from {_FIRST} to {last} are taken")


def _first_of_connections() -> int:
    try:
        return int(_RANGE.read_text().split()[0])
    except OSError:
        return 0


def _keep(port: int) -> bool:
    if sys.platform != "linux":  # names without files are Linux's
        return True
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0hug-tests-port-{port}")
    except OSError as error:
        name.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    name.detach()  # open until the end of this process
    return True


def _is_free(port: int) -> bool:
    # Without SO_REUSEADDR: a port on which connections of another server wait for their end is none either.
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def _named_by_the_system() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
