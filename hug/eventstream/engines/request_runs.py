"""Requests as runs. No I/O.

A publisher numbers its requests, and sends them in their order. So a batch of them is written down as the
publisher, the first number, and how many they are; and it is looked up by looking at the run before its end.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_NUMBERED: Final = re.compile(r"(.+)\.([1-9a-f][0-9a-f]{0,14})")
"""A request with a number that databases can hold, as `hug.eventstream.brokers.outbox` gives them."""

_LARGEST: Final = 16**15 - 1
"""The largest of these numbers: a larger one is none, alone as well as behind others."""


class Run(NamedTuple):
    """Requests of one publisher that follow on each other, in number and in place.

    Attributes:
        publisher: What comes before the number; one that has none ends in what no request has.
        low: The number of the first.
        requests: All of them.
    """

    publisher: str
    low: int
    requests: Sequence[str]


def runs(requests: Sequence[str]) -> list[Run]:
    """Return requests, none of them twice, as runs."""
    found: list[Run] = []
    start = 0
    while start < len(requests):
        match = _NUMBERED.fullmatch(requests[start])
        publisher, low = (match[1], int(match[2], 16)) if match else (f"{requests[start]}!", 0)
        last = min(len(requests), start + _LARGEST - low + 1)
        if not start and last == len(requests) and requests == numbered(publisher, low, last):
            return [Run(publisher, low, requests)]  # as a rule it is one
        end = start + 1
        while end < last and requests[end] == f"{publisher}.{low + end - start:x}":
            end += 1
        found.append(Run(publisher, low, requests[start:end]))
        start = end
    return found


def numbered(publisher: str, low: int, count: int) -> list[str]:
    """Return the requests of a publisher from a number on."""
    return [f"{publisher}.{number:x}" for number in range(low, low + count)]


def written(requests: Sequence[str]) -> str:
    """Return requests, none of them twice, as a short text: words, each a request, or the first of some."""
    return " ".join([written_run(run.requests) for run in runs(requests)])


def written_run(requests: Sequence[str]) -> str:
    """Return so those of a run, or a part of it."""
    return requests[0] if len(requests) == 1 else f"{requests[0]}*{len(requests)}"


def read(text: str) -> list[str]:
    """Return the requests of which `written` has made this."""
    found: list[str] = []
    for word in text.split(" "):
        first, _, count = word.partition("*")
        if count:
            publisher, _, low = first.rpartition(".")
            found += numbered(publisher, int(low, 16), int(count))
        else:
            found.append(first)
    return found
