"""How clients are told from one another: headers as recorded from programs of other authors."""

import pytest

from hug.eventstream.wire.client import Guard, guard_for

EVENT_SOURCE = {"accept": "text/event-stream", "cache-control": "no-cache"}
UNCACHED = {"pragma": "no-cache"}
MOZILLA = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"}

# Browsers and clients from PyPI are asked themselves, in tests/browsers and tests/clients; these need Node.
REQUESTS = {
    "eventsource 4 and 5": (EVENT_SOURCE | UNCACHED | {"user-agent": "node"}, Guard.BLOCK),
    "undici's EventSource": (EVENT_SOURCE | UNCACHED | {"user-agent": "undici"}, Guard.BLOCK),
    "event-source-polyfill": (EVENT_SOURCE | UNCACHED | MOZILLA, Guard.EVENT),
    "fetch-event-source": ({"accept": "text/event-stream"} | MOZILLA, Guard.NONE),
    "htmx 4": ({"accept": "text/html, text/event-stream"} | MOZILLA, Guard.NONE),
    "fetch with the headers of an EventSource": (EVENT_SOURCE | MOZILLA, Guard.NONE),
    "a page that is reloaded": (
        {"accept": "text/html,*/*;q=0.8", "cache-control": "no-cache"} | UNCACHED | MOZILLA,
        Guard.NONE,
    ),
    "no user agent": (EVENT_SOURCE, Guard.BLOCK),
    "curl": ({"accept": "*/*", "user-agent": "curl/8.0"}, Guard.NONE),
}


@pytest.mark.parametrize(("headers", "guard"), REQUESTS.values(), ids=REQUESTS)
def test_table(headers: dict[str, str], guard: Guard) -> None:
    """A browser's EventSource gets an event, programs that ask as it does an id alone, the others neither."""
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert guard_for("GET", pairs) is guard
    assert guard_for("GET", pairs[::-1]) is guard
    assert guard_for("POST", pairs) is Guard.NONE
