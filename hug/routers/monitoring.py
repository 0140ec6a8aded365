"""Endpoints that tell how the streams are: to load balancers, Kubernetes, Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, Final

from hug.api.module_api import API
from hug.eventstream.watching.health import StreamsHealth
from hug.eventstream.watching.health import health as health_of
from hug.exceptions import MissingPackage
from hug.format import content_type
from hug.output_format import data
from hug.routers.options import Texts, URLOptions
from hug.routers.url import URLRouter

UNCACHED: Final = {"cache-control": "no-store"}


def health(api: API, urls: Texts, options: URLOptions) -> Callable[..., Any]:
    """Let an API answer with the health of its streams; return what answers. See `hug.sse.health`."""

    async def streams_health(response: Any) -> StreamsHealth:
        """Whether clients can be sent to this process."""
        told = health_of(api.broker)
        response.status = 200 if told.ok else 503
        return told

    return _router(api, urls, options, data.json)(streams_health)


def metrics(
    api: API, urls: Texts | None, channels: Iterable[str], options: URLOptions
) -> Callable[..., Any] | None:
    """Let an API answer with metrics for Prometheus; return what answers. See `hug.sse.metrics`."""
    if isinstance(channels, str):
        raise TypeError(f"channels is a list of names, such as [{channels!r}]")
    prometheus: Any = _prometheus()
    prometheus.begin(channels)
    if urls is None:
        return None

    def streams_metrics(request: Any, response: Any) -> bytes:
        """Metrics for Prometheus"""
        body, media_type = prometheus.exposition(request.get_header("accept") or "")
        response.content_type = media_type
        return bytes(body)

    return _router(api, urls, options, _as_it_is)(streams_metrics)


def _router(api: API, urls: Texts, options: URLOptions, output: Callable[..., Any]) -> URLRouter:
    given: Any = {"accept": ("GET", "HEAD"), "output": output, "response_headers": UNCACHED, **options}
    return URLRouter(urls, **{**given, "api": api})


@content_type("text/plain; version=0.0.4; charset=utf-8")
def _as_it_is(data: object, request: object = None, response: object = None) -> bytes:  # noqa: ARG001
    """The text format of Prometheus, or that of OpenMetrics"""
    return data if isinstance(data, bytes) else str(data).encode()


def _prometheus() -> object:
    try:
        return import_module("hug.eventstream.watching.prometheus")
    except ImportError as error:
        if (error.name or "").startswith("hug"):
            raise
        raise MissingPackage(
            f"metrics need a package that cannot be imported ({error}): pip install 'hug-sse[metrics]'"
        ) from error
