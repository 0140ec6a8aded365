"""The work that is the same in every application: what they differ in is the framework alone."""

import asyncio

FILLER = "x" * 92

never = asyncio.Event()
"""What the idle streams of a process wait for together."""


def payload(number: int) -> str:
    """Return the data of one event, 100 bytes."""
    return f"{number:08d}{FILLER}"


def tasks() -> int:
    """Return how many tasks the server's event loop has, this request's own among them."""
    return len(asyncio.all_tasks())
