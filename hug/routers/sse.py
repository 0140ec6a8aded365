"""``hug.sse``: the decorator for event streams, and what their functions use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, Unpack

from hug import modules
from hug.api.callers_channels import channels_of_caller
from hug.api.module_api import API as _API
from hug.eventstream.channels.channel import Channel as _Channel
from hug.eventstream.channels.channel import FilteredChannel as _FilteredChannel
from hug.eventstream.channels.directory import Directory as _Directory
from hug.eventstream.channels.publication import Publication as _Publication
from hug.eventstream.channels.subscribing import Messages as _Messages
from hug.eventstream.history.track import OnGap
from hug.eventstream.serving.stream import EventStream as _EventStream
from hug.eventstream.serving.stream import events
from hug.eventstream.sources.limits import limits
from hug.eventstream.sources.listening import listening
from hug.eventstream.wire.decode import Message as _Message
from hug.eventstream.wire.event import Event as _Event
from hug.eventstream.wire.event import event
from hug.exceptions import BrokerError as _BrokerError
from hug.routers import monitoring
from hug.routers.options import (
    ChannelOptions,
    EventStreamOptions,
    EventStreamRoute,
    Texts,
    URLOptions,
    explaining,
)
from hug.routers.url import EventStreamRouter
from hug.sentinels import DEFAULT, Default


class _DirectoryOfCaller:
    """The attribute ``hug.sse.channels``: a look-up among the channels that `sse.channel` would give."""

    def __get__(self, instance: Any, owner: type) -> _Directory:
        return _Directory(channels_of_caller(modules.globals_of_caller(1)))


class sse(EventStreamRouter):  # noqa: N801  # what users type, as a decorator and before the names in it
    """Event streams: ``@hug.sse("/ticks")`` is a router, see `hug.routing.EventStreamRouter` for the options.

    It also holds what its functions send, `event` and `events`; what they ask, `listening`; the channels they
    share; the `limits` of the process; and the names of the types, for annotations.
    """

    Channel: TypeAlias = _Channel
    Event: TypeAlias = _Event
    EventStream: TypeAlias = _EventStream
    FilteredChannel: TypeAlias = _FilteredChannel
    Message: TypeAlias = _Message
    Messages: TypeAlias = _Messages
    Publication: TypeAlias = _Publication

    event = staticmethod(event)
    events = staticmethod(events)
    listening = staticmethod(listening)
    limits = limits
    channels = _DirectoryOfCaller()

    @staticmethod
    def channel(
        name: str,
        *,
        history: int | Default = DEFAULT,
        max_bytes: int | Default = DEFAULT,
        max_age: float | Default | None = DEFAULT,
        on_gap: OnGap | Default = DEFAULT,
        api: Any = None,
    ) -> Channel:
        """Return the channel of this name, the same wherever it is asked for; the first to ask makes it.

        It is the same in all modules of the process, and of all processes on the same broker. That is the one
        in the environment variable ``HUG_BROKER``, or the memory of this process; an API can have its own
        (`hug.API.broker`).

        Options may be given in one place and left out in others. Without any it keeps what clients need that
        lose their connection for a while: 100 events, for 5 minutes. Names may be made at run time, such as
        ``f"user:{number}"``: a channel without readers and history is forgotten. Give those ``max_age`` if
        they have a history of their own.

        Args:
            name: 1 to 255 printable characters.
            history: Most events that are kept for clients that come back; 0 for none.
            max_bytes: Most bytes of them; 16 MiB by default.
            max_age: Seconds after which an event is dropped; None for no limit, which is the default if there
                is a ``history``.
            on_gap: What happens to a client that has missed events that are gone: ``"event"`` sends it one
                event ``gap`` and goes on, ``"disconnect"`` ends its stream.
            api: The API whose broker it is on, its module or the name of that; by default the module that
                calls this, if it has an API.

        Raises:
            TypeError: The name is no text.
            ValueError: An option is out of range, or another one was given elsewhere.
            BrokerError: The broker in the environment cannot be.
        """
        caller = modules.globals_of_caller(1)
        try:
            channels = channels_of_caller(caller) if api is None else _API(api).channels
        except _BrokerError as error:
            raise error.with_traceback(None) from None  # a server prints it: how we came there helps nobody
        return channels.get(name, history=history, max_bytes=max_bytes, max_age=max_age, on_gap=on_gap)

    @staticmethod
    def health(urls: Texts = "/health/streams", **options: Unpack[URLOptions]) -> Callable[..., Any]:
        """Answer with the health of the streams: ``hug.sse.health("/health/streams")``.

        The status is 200 while clients can be sent to this process, and 503 while a broker that it has needed
        cannot be reached, whichever API has it, or when the process is about to end. The body is JSON, small,
        and tells nothing of where the broker is, of channels or of clients; `api.sse.status` tells more.

        Args:
            urls: Where.
            options: Those of `hug.get`, such as ``requires``; ``api`` is by default that of the module that
                calls this.

        Returns:
            What answers.
        """
        return monitoring.health(_api_of_caller(options), urls, options)

    @staticmethod
    def metrics(
        urls: Texts | None = "/metrics",
        *,
        channels: Iterable[str] = (),
        **options: Unpack[URLOptions],
    ) -> Callable[..., Any] | None:
        """Answer with metrics for Prometheus: ``hug.sse.metrics("/metrics")``.

        They are those of the whole process, with whatever else is measured by prometheus_client. With its
        multi-process mode they are those of all workers together; `hug --workers` sees to that.

        Args:
            urls: Where; None if you show what prometheus_client collects yourself.
            channels: Names of those that have metrics of their own.
            options: See `health`.

        Raises:
            MissingPackage: prometheus_client is not installed: ``pip install 'hug-sse[metrics]'``.
            TypeError: ``channels`` is a single name.
        """
        return monitoring.metrics(_api_of_caller(options), urls, channels, options)


def _api_of_caller(options: URLOptions) -> _API:
    """Return the API among these options, or that of the module which has called what calls this."""
    api = options.get("api")
    return _API(modules.globals_of_caller(2)["__name__"] if api is None else api)


class EventStreams:
    """What `sse` offers, for one API."""

    event = staticmethod(event)
    events = staticmethod(events)
    listening = staticmethod(listening)
    limits = limits

    def __init__(self, api: _API) -> None:
        self._api = api

    @explaining(EventStreamRoute)
    def __call__(self, urls: Texts | None = None, **options: Unpack[EventStreamOptions]) -> EventStreamRouter:
        """Return a router for event streams as `sse` does."""
        return EventStreamRouter(urls, **options).api(self._api)

    @property
    def channels(self) -> _Directory:
        """A look-up that makes no channel, as `sse.channels`."""
        return _Directory(self._api.channels)

    def health(self, urls: Texts = "/health/streams", **options: Unpack[URLOptions]) -> Callable[..., Any]:
        """Answer with the health of the streams as `sse.health` does."""
        return monitoring.health(self._api, urls, options)

    def metrics(
        self,
        urls: Texts | None = "/metrics",
        *,
        channels: Iterable[str] = (),
        **options: Unpack[URLOptions],
    ) -> Callable[..., Any] | None:
        """Answer with metrics for Prometheus as `sse.metrics` does."""
        return monitoring.metrics(self._api, urls, channels, options)

    def channel(self, name: str, **options: Unpack[ChannelOptions]) -> sse.Channel:
        """Return the channel of this name as `sse.channel` does."""
        options["api"] = options.get("api") or self._api
        return sse.channel(name, **options)
