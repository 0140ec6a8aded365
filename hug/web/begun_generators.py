"""Generators that middleware has begun for one request, and that end with its response."""

from __future__ import annotations

import logging
from typing import Any, Final

from hug.asgi_types import Message
from hug.web.middleware import Host

logger = logging.getLogger("hug")

KEY: Final = "hug.unfinished"
"""Where they are in the scope of a request that has any."""


def begun(scope: Message) -> dict[Any, Any]:
    """Return the generators, sync and async, of the request with this scope, by what has begun them."""
    generators: dict[Any, Any] = scope.setdefault(KEY, {})
    return generators


async def close_begun(scope: Message, host: Host) -> None:
    """Close those that the request has left behind, the newest first; what they raise is logged."""
    for middleware, generator in reversed(scope.pop(KEY, {}).items()):
        try:
            if hasattr(generator, "aclose"):
                await generator.aclose()
            else:
                await host.call(generator.close)
        except Exception:
            logger.exception("%r failed while it was closed", middleware.function)
