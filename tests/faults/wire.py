"""A wire between this machine and another, a network namespace: slow, lossy or cut, as it is told.

Whole packets are held back, lost or not, so that the kernels at both ends do what they do with a bad network.
(``tc netem`` is the same and is missing in many kernels.) Run as root; each line of the input is what holds
from then on: the seconds that a packet takes, and the share of them that is lost.
"""

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time
from pathlib import Path

_TUNSETIFF = 0x400454CA
_IFF_TUN = 0x0001
_IFF_NO_PI = 0x1000
_CLONE_NEWNET = 0x40000000


def opened(name: str, address: str) -> int:
    """Make an end of the wire in the namespace that this process is in."""
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    for words in (["addr", "add", f"{address}/30", "dev", name], ["link", "set", name, "up"]):
        subprocess.run(["ip", *words], check=True)
    return end


def enter(namespace: str) -> None:
    """Go to another machine."""
    with Path(f"/run/netns/{namespace}").open() as file:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(file.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "cannot enter the namespace")


def main(namespace: str, name: str, near: str, far: str) -> None:
    ends = [opened(name, near)]
    enter(namespace)
    ends.append(opened(name, far))
    print("ready", flush=True)
    delay = loss = 0.0
    under_way: list[tuple[float, int, int, bytes]] = []
    count = 0
    while True:
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        for ready in select.select([0, *ends], [], [], wait)[0]:
            if ready == 0:
                if not (line := sys.stdin.readline()):
                    return
                delay, loss = map(float, line.split())
                continue
            try:
                packet = os.read(ready, 1 << 16)
            except BlockingIOError:
                continue
            if random.random() >= loss:
                count += 1
                to = ends[1] if ready == ends[0] else ends[0]
                heapq.heappush(under_way, (time.monotonic() + delay, count, to, packet))
        while under_way and under_way[0][0] <= time.monotonic():
            _, _, to, packet = heapq.heappop(under_way)
            with contextlib.suppress(OSError):  # as a full queue of a router does
                os.write(to, packet)


if __name__ == "__main__":
    main(*sys.argv[1:])
