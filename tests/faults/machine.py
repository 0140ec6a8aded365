"""Another machine: a network namespace that reaches this one over a `wire`, watched over a good one."""

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO

WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
"""The words that have a program end when this one does, however that ends."""

_numbers = itertools.count()


def unable() -> str:
    """Return why there cannot be another machine here; empty if there can."""
    if os.geteuid() != 0:
        return "only root can make network namespaces"
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun"
    if shutil.which("ip") is None:
        return "not on this machine: ip (Debian's iproute2)"
    return ""


class Machine:
    """Another machine.

    Attributes:
        here: The address of this one, as it sees it, over the wire that may be bad.
        address: Its own, for those who watch it, over one that is always good.
    """

    def __init__(self) -> None:
        number = next(_numbers)
        pid = os.getpid()
        net = f"10.{64 + (pid >> 8) % 128}.{pid % 256}"
        self.here, far, watching, self.address = (f"{net}.{number * 8 + each}" for each in (1, 2, 5, 6))
        self._name = f"hug-{pid}-{number}"
        self._wire: subprocess.Popen[str] | None = None
        short = f"{pid % 100_000}-{number}"
        _ip("netns", "add", self._name)
        try:
            self.ip("link", "set", "lo", "up")
            self._veth = f"hv{short}"
            inside = f"hw{short}"
            _ip("link", "add", self._veth, "type", "veth", "peer", "name", inside)
            _ip("link", "set", inside, "netns", self._name)
            _ip("addr", "add", f"{watching}/30", "dev", self._veth)
            _ip("link", "set", self._veth, "up")
            self.ip("addr", "add", f"{self.address}/30", "dev", inside)
            self.ip("link", "set", inside, "up")
            wire = [*WITH_US, sys.executable, str(Path(__file__).with_name("wire.py"))]
            self._wire = subprocess.Popen(
                [*wire, self._name, f"ht{short}", self.here, far],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                bufsize=1,
                start_new_session=True,
            )
            assert _pipe(self._wire.stdout).readline() == "ready\n"
        except BaseException:
            self.remove()
            raise

    @property
    def enter(self) -> list[str]:
        """The words that run a program there."""
        return ["ip", "netns", "exec", self._name]

    def ip(self, *words: str) -> None:
        """Change its network."""
        _ip("-n", self._name, *words)

    def wire(self, delay: float = 0.0, loss: float = 0.0) -> None:
        """Have packets take so long from now on, and so many of them be lost: 1 is all."""
        assert self._wire is not None
        _pipe(self._wire.stdin).write(f"{delay} {loss}\n")

    def remove(self) -> None:
        """Leave nothing of it."""
        if self._wire is not None:
            self._wire.kill()
            self._wire.wait(10)
            for pipe in (self._wire.stdin, self._wire.stdout):
                with contextlib.suppress(OSError):
                    _pipe(pipe).close()
        _ip("netns", "delete", self._name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe
