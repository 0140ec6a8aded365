"""Any event stream at a URL, read as a browser's ``EventSource`` reads it: on and on.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#server-sent-events-intro
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from hug.eventstream.engines.public_url import public
from hug.eventstream.wire.decode import Decoder, Message
from hug.exceptions import HugError
from hug.format import parse_content_type

if TYPE_CHECKING:
    import httpx2

CONNECT: Final = 10.0
"""Seconds that a connection may take. For an answer there is no limit: it may begin with the first event."""

RETRY: Final = 1.0
LONGEST: Final = 30.0
"""Seconds until the next attempt, if the server has not said how many; and when one after the other fails."""

LEAST: Final = 0.1
MOST: Final = 86400.0
"""Seconds, whatever the server says."""

PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Status of an answer that may be another one the next time: behind a proxy, while its server starts, say."""

KEEP_ALIVE: Final = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""With these a peer that has vanished is noticed within a minute, whether or not it sends heartbeats."""


Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Names and values."""


def messages_at(
    url: str, last_event_id: str, tell: Callable[[str], None], headers: Headers = ()
) -> Iterator[Message]:
    """Yield the messages of a stream until its server says that there are no more, by 204.

    Args:
        url: Of the stream.
        last_event_id: Of the event that it shall go on behind; empty to leave that to the server.
        tell: Called with what a person might want to know: that the connection is lost, and is back.
        headers: What requests have besides, or in place of what they had; it may be a secret, so that another
            origin that the server redirects to does not get it.

    Raises:
        HugError: There is no event stream at this URL, or no server; or the package for it is missing.
    """
    try:
        import httpx2  # noqa: PLC0415
    except ImportError as error:
        raise HugError(
            f"to listen to a URL a package is needed that cannot be imported ({error}): "
            "pip install 'hug-sse[client]'"
        ) from None
    stream = _Stream(url, last_event_id)
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    options += [
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in KEEP_ALIVE.items()
        if hasattr(socket, name)
    ]
    with httpx2.Client(
        transport=httpx2.HTTPTransport(socket_options=options),
        timeout=httpx2.Timeout(CONNECT, read=None),
        follow_redirects=True,
        event_hooks={"request": [_adding(headers)]},
    ) as client:
        while True:
            try:
                yield from stream.read(client, tell)
                if stream.over:
                    return
                why = "the connection has ended"
            except (httpx2.TransportError, _NotNow) as error:
                why = str(error) or type(error).__name__
                if not stream.opened or isinstance(
                    error, httpx2.LocalProtocolError
                ):  # an id that none can send
                    raise HugError(f"{public(url)}: {why}") from None
            except (httpx2.InvalidURL, httpx2.TooManyRedirects, httpx2.DecodingError) as error:
                raise HugError(f"{public(url)}: {error}") from None
            pause = stream.pause()
            if not stream.lost:
                tell(f"{why}; trying again in {pause:.1f} s")
            stream.lost = True
            time.sleep(pause)


def _adding(headers: Headers) -> Callable[[httpx2.Request], None]:
    """Return what gives ``headers`` to requests, but for those that were redirected to another origin."""
    names = {name.lower() for name, _ in headers}
    first: list[tuple[str, str, int | None]] = []

    def add(request: httpx2.Request) -> None:
        origin = (request.url.scheme, request.url.host, request.url.port)
        if not first:
            first.append(origin)
        others = [(name, value) for name, value in request.headers.raw if name.lower() not in names]
        # A redirected request comes with what the one before it had.
        request.headers = type(request.headers)([*others, *(headers if origin == first[0] else ())])

    return add


class _NotNow(Exception):
    """An answer that may be another one the next time."""


class _Stream:
    """A stream over all its connections.

    Attributes:
        opened: Whether there ever was one.
        lost: Whether it has been told that there is none.
        over: Whether there will be none any more.
    """

    def __init__(self, url: str, last_event_id: str) -> None:
        self.opened = False
        self.lost = False
        self.over = False
        self._url = url
        self._last_event_id = last_event_id
        self._retry = RETRY
        self._failures = 0

    def pause(self) -> float:
        """Return how many seconds to wait before the next attempt."""
        self._failures += 1
        longest = max(LONGEST, self._retry)
        pause: float = min(self._retry * 2.0 ** min(self._failures - 1, 10), longest)
        return pause * random.uniform(0.8, 1) if self._failures > 1 else pause  # noqa: S311

    def read(self, client: httpx2.Client, tell: Callable[[str], None]) -> Iterator[Message]:
        """Connect, and yield what comes until the connection ends."""
        headers = [(b"accept", b"text/event-stream"), (b"cache-control", b"no-store")]
        headers.append((b"accept-encoding", b"identity"))
        if last_event_id := self._last_event_id.strip(" \t"):
            headers.append((b"last-event-id", last_event_id.encode(errors="surrogateescape")))
        with client.stream("GET", self._url, headers=headers) as response:
            if response.status_code == 204:
                self.over = True
                return
            self._check(response)
            if self.lost:
                tell("connected again")
            self.opened, self.lost = True, False
            decoder = Decoder(self._last_event_id)
            for piece in response.iter_bytes():
                self._failures = 0
                messages = decoder.feed(piece)
                if decoder.retry is not None:
                    self._retry = max(LEAST, min(decoder.retry, MOST * 1000) / 1000)
                for message in messages:
                    self._last_event_id = message.id
                    yield message
                self._last_event_id = decoder.last_event_id

    def _check(self, response: Any) -> None:
        status = f"{response.status_code} {response.reason_phrase}".strip()
        if response.status_code in PASSING:
            raise _NotNow(f"the answer is {status}")
        kind = parse_content_type(response.headers.get("content-type"))[0]
        if response.status_code != 200:
            raise HugError(f"{public(self._url)}: the answer is {status}")
        if kind != "text/event-stream":
            raise HugError(
                f"{public(self._url)} is no event stream, but {kind or 'something without a type'}"
            )
