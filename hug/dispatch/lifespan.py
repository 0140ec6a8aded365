"""The life of a server as applications hear of it: what happens before the first request, and after the last.

Source: https://asgi.readthedocs.io/en/latest/specs/lifespan.html
"""

from __future__ import annotations

import asyncio
import logging

from hug.asgi_types import Application, Message, Receive, Send
from hug.dispatch.site import Site
from hug.dispatch.startup_on_loop import on_server
from hug.eventstream.channels import server_start
from hug.eventstream.loop import ending
from hug.eventstream.loop.blocking_call import blocking
from hug.eventstream.watching import looking
from hug.exceptions import ENDING, BrokerError

logger = logging.getLogger("hug")


async def live(application: Application, site: Site, scope: Message, receive: Receive, send: Send) -> None:
    """Connect brokers, call the startup handlers, and let ``application`` live with the server.

    In the end come the streams, then ``application``, the shutdown handlers, and the brokers.
    """
    ending.expect_streams(asyncio.get_running_loop())
    began = await receive()
    failure = ""
    try:
        server = await server_start.connect()
    except BrokerError as error:
        failure = str(error)
    else:
        try:
            await site.life.serve(on_server(site.inline))
        except (Exception, asyncio.CancelledError, *ENDING) as error:
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            logger.exception("the server does not start, because a startup handler has failed")
            failure = f"A startup handler has failed: {type(error).__name__}: {error}"
            await server_start.close(server)
    if failure:
        await send({"type": "lifespan.startup.failed", "message": failure})
        return
    await application(scope, _ending(began, receive), _closing(server, site, send))


def is_cancelled() -> bool:
    """Return whether the running task is being cancelled, and does not only hear of another that was."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _ending(began: Message, receive: Receive) -> Receive:
    """Return ``receive`` of a server's life, which ends the streams before it tells that the server ends.

    Args:
        began: What was received already.
        receive: The server's.
    """
    first = [began]

    async def hear() -> Message:
        message = first.pop() if first else await receive()
        if message["type"] == "lifespan.shutdown":
            await ending.finish()
        return message

    return hear


def _closing(server: object, site: Site, send: Send) -> Send:
    """Return ``send`` of a server's life, which ends all that is left before it tells that all is done."""

    async def tell(message: Message) -> None:
        if message["type"] != "lifespan.startup.complete":
            await site.life.end(on_server(site.inline))
            await server_start.close(server)
            await blocking(looking.finish)
        await send(message)

    return tell
