"""What a server prints when it can be reached: what it serves, where, and for whom."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Final

MOST_ROUTES: Final = 20
"""More are counted, not listed: a terminal has some 24 lines."""


def banner(title: str, sockets: Sequence[socket.socket], listed: Sequence[tuple[str, str]] = ()) -> str:
    """Return the text.

    Args:
        title: What is served.
        sockets: Where.
        listed: What `routes` gave.
    """
    hosts = [ipaddress.ip_address(each.getsockname()[0]) for each in sockets]
    lines = [f"hug serves {title or 'an application'}", _url(hosts[0], sockets[0].getsockname()[1])]
    if not all(host.is_loopback for host in hosts):
        lines.append("Other machines can reach it, too; with -ho localhost they cannot.")
    if listed:
        lines += ["", *_table(listed[:MOST_ROUTES])]
    if len(listed) > MOST_ROUTES:
        lines.append(f"... and {len(listed) - MOST_ROUTES} more")
    lines += ["", "Ctrl-C ends it."]
    return "".join(f"\n  {line}".rstrip(" ") for line in lines) + "\n"


def routes(found: Mapping[str, Mapping[str, Mapping[str, Mapping[Any, Any]]]]) -> list[tuple[str, str]]:
    """Return methods (``SSE``: a stream) and URL of each of `hug.api.HTTPInterfaceAPI.routes`."""
    listed = []
    for base_url, urls in found.items():
        for url, methods in urls.items():
            names = [
                "SSE" if method == "GET" and _streams(versions) else method
                for method, versions in methods.items()
            ]
            numbers = {version for versions in methods.values() for version in versions if version}
            of = f"  (version {', '.join(map(str, sorted(numbers)))})" if numbers else ""
            listed.append((" ".join(names), f"{base_url}{url}{of}"))
    return listed


def _streams(versions: Mapping[Any, Any]) -> bool:
    return any(getattr(interface, "streams", False) for interface in versions.values())


def _table(listed: Sequence[tuple[str, str]]) -> list[str]:
    width = max(len(methods) for methods, _ in listed)
    return [f"{methods:{width}}  {url}" for methods, url in listed]


def _url(host: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> str:
    if host.is_unspecified:
        return f"http://localhost:{port}"
    return f"http://[{host}]:{port}" if host.version == 6 else f"http://{host}:{port}"
