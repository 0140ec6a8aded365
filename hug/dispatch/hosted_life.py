"""The life of an application that no server tells of its own: begun, and ended, by who calls it."""

from __future__ import annotations

import asyncio

from hug.asgi_types import Message
from hug.dispatch.application import Application


class HostedLife:
    """One life, on one event loop."""

    def __init__(self, application: Application) -> None:
        """Prepare one.

        Args:
            application: What lives, and is told so as by a server.
        """
        self._application = application
        self._failed: list[str] = []

    async def begin(self) -> None:
        """Connect brokers, and call the startup handlers.

        Raises:
            RuntimeError: A startup handler failed, or a broker cannot be reached.
        """
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._told = asyncio.Event()
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}
        self._task = asyncio.create_task(self._application(scope, self._events.get, self._send))
        await self._tell("lifespan.startup")
        if self._failed:
            raise RuntimeError(*self._failed)

    async def end(self) -> None:
        """End streams, call the shutdown handlers, and have brokers take what was published."""
        await self._tell("lifespan.shutdown")

    async def _tell(self, kind: str) -> None:
        self._told.clear()
        await self._events.put({"type": kind})
        told = asyncio.ensure_future(self._told.wait())
        try:
            await asyncio.wait({told, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
        if self._task.done():
            self._task.result()

    async def _send(self, message: Message) -> None:
        if message["type"].endswith(".failed"):
            self._failed.append(message.get("message", ""))
        self._told.set()
