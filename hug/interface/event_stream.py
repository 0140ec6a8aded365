"""One function as an event stream: its result is not written out, but handed over to be streamed."""

import hashlib
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

import falcon

from hug import introspect
from hug.asgi_types import Message
from hug.bytecode import cannot_block, returns_nothing
from hug.eventstream.channels.channel import Channel
from hug.eventstream.channels.registry import LONGEST_NAME
from hug.eventstream.serving.handover import HEADERS, SCOPE_KEY, Handover, head
from hug.eventstream.serving.shared import Shared
from hug.eventstream.serving.stream import EventStream, Following, check_options, events
from hug.eventstream.serving.stream_settings import Heartbeat, Retry
from hug.eventstream.sources.feed import is_source
from hug.eventstream.wire.client import guard_for
from hug.eventstream.wire.last_event_id import UNKNOWN, LastEventIdError, last_event_id
from hug.exceptions import Unreachable
from hug.flexible import Flexible
from hug.interface.exchange import Exchange
from hug.interface.execution import INLINE, THREADED
from hug.interface.http import HTTP
from hug.interface.protocols import Owner
from hug.sentinels import DEFAULT
from hug.signatures import signature
from hug.web.errors import HTTPBadRequest

logger = logging.getLogger("hug")

_HEAD: Final = object()
"""In place of a result: the request is a HEAD, for which no source is made."""

_SHARED: Final = object()
"""In place of a result: one source serves all requests."""


class EventStreamHTTP(HTTP):
    """Answers the requests of one route with an event stream each.

    The function may return what `hug.eventstream.serving.stream.events` gives or a source, be a generator or
    an async generator, or return None, for which the answer is 204: that tells a browser not to come back. A
    channel that disconnects clients which have missed events answers them with that, too.
    """

    streams = True
    answers_head = True

    def __init__(self, route: Mapping[str, Any], function: Callable[..., Any], api: Owner) -> None:
        """See `HTTP.__init__`."""
        super().__init__(route, function, api)
        self._options: tuple[Heartbeat, Retry] = (
            route.get("heartbeat", DEFAULT),
            route.get("retry", DEFAULT),
        )
        check_options(*self._options)
        self._has_options = self._options != (DEFAULT, DEFAULT)
        self._may_forget = returns_nothing(function)
        self._shared = self._share(route) if route.get("shared") else None
        self.immediate = self._is_immediate()
        if self._shared is None and route.get("linger") is not None:
            raise ValueError(f"{self.name}: linger is for shared=True, where it is the source that lingers")

    def _blocks(self) -> bool:
        # Calling a generator function runs none of its code, and a shared one is not called for each request.
        return super()._blocks() and not (introspect.is_generator(self.function) or self.route.get("shared"))

    def _is_immediate(self) -> bool:
        """Whether nothing is to be done for a request but to call the function, and that without a thread."""
        binding = self.binding
        steps = (
            self.requires, self.directives, self.validate_function, self.response_headers, self.status,
            self.cors, binding.fields, binding.injected, binding.takes_any, self._shared,
        )  # fmt: skip
        return not any(steps) and (not self.blocking or cannot_block(self.function))

    async def begin(self, scope: Message, handover: Handover) -> bool:
        """Call the function of an ``immediate`` interface, for a GET; return whether there is a stream.

        If not, the request goes the usual way, and comes to the outcome in `call`. Thousands of readers that
        come back at once all ask for the same; what they do not need is not done for them.
        """
        if not self.api.has_plain_contexts:
            return False
        handover.guard = guard_for("GET", scope["headers"])
        try:
            handover.last_event_id = last_event_id(scope["headers"], scope["query_string"])
        except LastEventIdError:
            return False
        result: Any = None
        error: Exception | None = None
        try:
            result = self.function()
            if introspect.is_awaitable(result):
                result = await result
            if result is not None and not callable(result):  # else another endpoint may have to answer
                stream = self._event_stream(result).located(handover.last_event_id)
                if stream is not None and not isinstance(stream, EventStream):
                    stream = await stream
                if stream is not None:
                    handover.name, handover.stream, handover.head = self.name, stream, head()
                    return True
        except Exception as failure:
            error = failure
        handover.outcome = (result, error)
        return False

    def gather(
        self, exchange: Exchange, errors: dict[str, Any]
    ) -> dict[str, Any] | Awaitable[dict[str, Any]]:
        """See `HTTP.gather`."""
        scope = exchange.request.scope
        handover: Handover = scope[SCOPE_KEY]
        handover.guard = guard_for(scope["method"], scope["headers"])
        try:
            handover.last_event_id = last_event_id(scope["headers"], scope["query_string"])
        except LastEventIdError as error:
            handover.last_event_id, handover.misread = UNKNOWN, error
        return super().gather(exchange, errors)

    async def obtain(self, exchange: Exchange) -> Any:
        """See `HTTP.obtain`; a broker that cannot be reached gives a stream that asks to come back later."""
        try:
            result = await super().obtain(exchange)
            return await self._shared.join() if result is _SHARED and self._shared is not None else result
        except Unreachable as error:
            # After an HTTP error, of `on_invalid` perhaps, an `EventSource` stays away for good.
            exchange.response.status = falcon.HTTP_200
            return _refusal(error)

    def call(self, exchange: Exchange, arguments: dict[str, Any]) -> Any:
        """See `HTTP.call`; the function is not called for HEAD, and once only if its source is shared."""
        if exchange.request.method == "HEAD":
            return _HEAD
        handover: Handover = exchange.request.scope[SCOPE_KEY]
        if handover.outcome is not None:
            result, error = handover.outcome
            handover.outcome = None  # it may be another stream's endpoint, which has an outcome of its own
            if error is not None:
                raise error
            return result
        return super().call(exchange, arguments) if self._shared is None else _SHARED

    async def respond(self, exchange: Exchange, result: Any) -> None:
        """Have the application stream the result once the head is out.

        Raises:
            TypeError: The function returned something that is no source.
            HTTPBadRequest: An impossible ``Last-Event-ID``. Browsers stay away after that, so a channel
                does better: it tells of a gap.
        """
        response = exchange.response
        handover: Handover = exchange.request.scope[SCOPE_KEY]
        if result is not None and result is not _HEAD:
            handover.name = self.name
            handover.stream = self._event_stream(result)
            if handover.misread is not None and not handover.stream.is_published:
                raise HTTPBadRequest("Last-Event-ID", str(handover.misread)) from handover.misread
            stream = handover.stream.located(handover.last_event_id)
            if stream is not None and not isinstance(stream, EventStream):
                stream = await stream
            if stream is None:
                await handover.stream.feed().close()  # which may be counted somewhere
                result = None
            handover.stream = stream
        if result is None:
            if not response.answered and response.status_code == 200:
                response.status = 204
                response.content_type = None
                self._wonder()
            return
        response.set_headers(HEADERS)
        response.stream = handover

    def _share(self, route: Mapping[str, Any]) -> Shared:
        """Return what runs the function once for all readers.

        Raises:
            TypeError: The function has parameters.
            ValueError: ``linger`` out of range.
        """
        takes = signature(self.function)
        if takes.parameters or takes.takes_any:
            names = ", ".join(each.name for each in takes.parameters) or "**"
            raise TypeError(
                f"{self.name} cannot be shared: it runs once for all readers, so there is no request "
                f"to take its parameters from ({names}). Do without them, or leave shared out"
            )
        linger = route.get("linger", 0.0)
        if isinstance(linger, bool) or not isinstance(linger, int | float) or not 0 <= linger < math.inf:
            raise ValueError(f"linger must be a number of seconds, 0 or more, not {linger!r}")
        blocking = super()._blocks() and not introspect.is_generator(self.function)

        async def make() -> Any:
            execution = INLINE if self.api.http.inline or not blocking else THREADED
            return await execution.call(Flexible(self.function))

        return Shared(make, self._channel, linger, self.name, self.api.http.streaming)

    def _channel(self) -> Channel:
        versions = "".join(f" {version}" for version in self.route.get("versions", ()))
        # The same in all processes that serve this program, and another one in each other API on the broker.
        name = f"shared:{self.api.label}:{''.join(self.places[0])}{versions}"
        if len(name) > LONGEST_NAME:
            name = f"shared:{hashlib.sha256(name.encode()).hexdigest()}"
        return self.api.http.channels.get(name)

    def _wonder(self) -> None:
        """Say once that an answer without a stream, 204, was perhaps not meant."""
        if self._may_forget:
            self._may_forget = False
            logger.warning(
                "%s has returned nothing, and no line of it returns anything: the answer is 204, after which "
                "browsers stay away. Is a return missing?",
                self.name,
            )

    def _event_stream(self, result: Any) -> EventStream:
        stream = result if isinstance(result, EventStream) else self._stream(result)
        return stream.otherwise(*self._options) if self._has_options else stream

    def _stream(self, result: Any) -> EventStream:
        if isinstance(result, Following) or is_source(result):
            return events(result)
        raise TypeError(
            f"{self.name} returned {type(result).__name__}, which is no source of events: return "
            "hug.sse.events(...) with a generator or another iterable, be a generator, or return None"
        )


async def _refusal(error: Unreachable) -> AsyncIterator[None]:
    """Be a source that asks its client to come back later."""
    raise error
    yield
