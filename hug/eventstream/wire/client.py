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
"""What a request of an ``EventSource`` says, to the letter, at the first time and at each reconnect.

Chromium, Firefox and WebKit do, and so do programs that follow the standard (eventsource 5 and undici on
Node, aiohttp-sse-client, launchdarkly-eventsource). Of all others, clients made with ``fetch`` send no
``Cache-Control``, httpx-sse and httpx2 send ``no-store``, and OpenAI's, Anthropic's and htmx's accept other
types, too.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
"""

AGENTS: Final = ((b"Mozilla/", Guard.EVENT), (b"python-requests/", Guard.NONE))
"""What those that ask so are by how their ``User-Agent`` begins; any other is `Guard.BLOCK`.

All browsers begin so. Only they need an event: a program is likely to show each event there is, also one of a
type that it does not know. sseclient, on requests, does not read as it asks.
"""


def guard_for(method: str, headers: Iterable[tuple[bytes, bytes]]) -> Guard:
    """Return what the client that made a request is told between the events.

    Args:
        method: Of the request.
        headers: Of the ASGI scope: names in lower case, values as bytes.
    """
    guard = Guard.BLOCK
    if method != "GET":
        return Guard.NONE
    asked = 0
    for name, value in headers:
        wanted = ASKED.get(name)
        if wanted is not None:
            if value != wanted:
                return Guard.NONE
            asked += 1
        elif name == b"user-agent":
            guard = next((each for agent, each in AGENTS if value.startswith(agent)), guard)
    return guard if asked == len(ASKED) else Guard.NONE
