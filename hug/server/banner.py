"""What a server prints when it can be reached: what it serves, where, and for whom."""

from __future__ import annotations

import ipaddress
import re
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
        listed: What `routes` and `prefixes` gave.
    """
    hosts = [ipaddress.ip_address(each.getsockname()[0]) for each in sockets]
    lines = [f"hug serves {title or 'an application'}", url_of(hosts[0], sockets[0].getsockname()[1])]
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
            numbers = {key for versions in methods.values() for key in versions if isinstance(key, int)}
            of = f"  (version {', '.join(map(str, sorted(numbers)))})" if numbers else ""
            listed.append((" ".join(names), f"{base_url}{url}{of}"))
    return listed


def prefixes(found: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return ``FILES`` or ``ALL``, and how URLs begin, for each of `hug.api.HTTPInterfaceAPI.sinks`."""
    listed = []
    for base_url, sinks in found.items():
        for pattern, sink in reversed(list(sinks.items())):  # the newest is tried first
            begin = pattern.partition("(?P<path>")[0]
            if getattr(sink, "sends_files", False):
                listed.append(("FILES", f"{base_url}{_unescaped(begin).rstrip('/')}/..."))
            else:
                listed.append(("ALL", f"{base_url}{begin}..."))
    return listed


def _unescaped(pattern: str) -> str:
    return re.sub(r"\\(.)", r"\1", pattern)


def _streams(versions: Mapping[Any, Any]) -> bool:
    return any(getattr(interface, "streams", False) for interface in versions.values())


def _table(listed: Sequence[tuple[str, str]]) -> list[str]:
    width = max(len(methods) for methods, _ in listed)
    return [f"{methods:{width}}  {url}" for methods, url in listed]


def url_of(host: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> str:
    if host.is_unspecified:
        return f"http://localhost:{port}"
    return f"http://[{host}]:{port}" if host.version == 6 else f"http://{host}:{port}"
