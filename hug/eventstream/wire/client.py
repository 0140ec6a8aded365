"""How clients are told from one another by what they ask with. Wire layer: a pure function and its table.

The first bytes of a stream tell a client from where it shall resume, should the connection break before any
event has come, and keep WebKit from reading on in an event that was torn. Few clients understand bytes that
can do that: most take whatever ends in a blank line for an event, and then show it to their user or fail on
it, as the SDKs of model vendors do, which read every event as JSON. So each gets as much as it understands.
"""

import enum
from collections.abc import Iterable, Mapping
from typing import Final


class Guard(enum.Enum):
    """What a client is told between the events, by what it is."""

    EVENT = "event"
    """A browser's ``EventSource``: an id goes with an event of a type that no page listens for."""

    BLOCK = "block"
    """A program that reads as the standard says: an id goes alone."""

    NONE = "none"
    """Any other program: an id goes in front of the next event, of which it is a line."""


ASKED: Final[Mapping[bytes, bytes]] = {
    b"accept": b"text/event-stream",
    b"cache-control": b"no-cache",
}
"""What the request of an ``EventSource`` says, to the letter, at the first time and at each reconnect.

Chromium, Firefox and WebKit do, and so do programs that follow the standard (eventsource 5 and undici on
Node, aiohttp-sse-client, launchdarkly-eventsource). Of all others, clients made with ``fetch`` send no
``Cache-Control``, httpx-sse and httpx2 send ``no-store``, and OpenAI's, Anthropic's and htmx's accept other
types, too.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
"""

BROWSER: Final = b"Mozilla/"
"""How the ``User-Agent`` of all browsers begins."""

UNCACHED: Final[Mapping[bytes, bytes]] = {b"pragma": b"no-cache"}
"""What browsers add to a request that no cache may answer, as those of an ``EventSource``.

Not, however, where a page itself gives ``fetch`` the two headers above, with which it reads in its own way.
One that asks for ``cache: 'no-store'`` and that type cannot be told from an ``EventSource``.

Source: https://fetch.spec.whatwg.org/#http-network-or-cache-fetch
"""

LOOKALIKES: Final = b"python-requests/"
"""How the ``User-Agent`` of sseclient begins, on requests, which asks so and does not read so."""


_TELLING: Final = frozenset([*ASKED, *UNCACHED, b"user-agent"])


def guard_for(method: str, headers: Iterable[tuple[bytes, bytes]]) -> Guard:
    """Return what the client that made a request is told between the events.

    Args:
        method: Of the request.
        headers: Of the ASGI scope: names in lower case, values as bytes.
    """
    said = {name: value for name, value in headers if name in _TELLING}
    if said.get(b"accept") != ASKED[b"accept"] or said.get(b"cache-control") != ASKED[b"cache-control"]:
        return Guard.NONE
    agent = said.get(b"user-agent", b"")
    if method != "GET" or agent.startswith(LOOKALIKES):
        return Guard.NONE
    if not agent.startswith(BROWSER):
        return Guard.BLOCK
    return Guard.EVENT if said.get(b"pragma") == UNCACHED[b"pragma"] else Guard.NONE
