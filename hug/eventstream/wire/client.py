"""Which clients get the guard against torn events. Wire layer: a pure function and its table.

WebKit keeps an event that a broken connection tore apart and reads on in it after the reconnect. The guard,
the first bytes of a stream, makes that harmless: see `hug.eventstream.wire.encode.opening`. It is an event
that no page listens for. Clients that are less than an ``EventSource`` would show it to their user, or fail
on it, as the SDKs of model vendors do, which read every event as JSON. So it goes only to those that ask as
the standard has an ``EventSource`` ask.
"""

from collections.abc import Iterable, Mapping
from typing import Final

ASKED: Final[Mapping[bytes, bytes]] = {
    b"accept": b"text/event-stream",
    b"cache-control": b"no-cache",
}
"""What a request of an ``EventSource`` says, to the letter, at the first time and at each reconnect.

Chromium, Firefox and WebKit do, and so do programs that follow the standard (eventsource 5 and undici on
Node, aiohttp-sse-client). Of all others, clients made with ``fetch`` send no ``Cache-Control``, httpx-sse and
httpx2 send ``no-store``, and OpenAI's, Anthropic's and htmx's accept other types, too.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
"""

LOOKALIKES: Final = (b"python-requests/",)
"""How the ``User-Agent`` of clients begins that ask so and do not read so: sseclient, requests-sse."""


def is_event_source(method: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether a request comes from an ``EventSource``, or from what reads a stream just as that does.

    Args:
        method: Of the request.
        headers: Of the ASGI scope: names in lower case, values as bytes.
    """
    if method != "GET":
        return False
    asked = 0
    for name, value in headers:
        wanted = ASKED.get(name)
        if wanted is not None:
            if value != wanted:
                return False
            asked += 1
        elif name == b"user-agent" and value.startswith(LOOKALIKES):
            return False
    return asked == len(ASKED)
