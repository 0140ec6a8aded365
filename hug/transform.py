"""Transforms that depend on the request, and several of them one after the other: for ``transform=``.

A transform takes what a function returns, and ``request`` or ``response`` if it names them. It may be async.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from hug.flexible import Flexible
from hug.format import parse_content_type
from hug.introspect import is_awaitable

Transform: TypeAlias = Callable[..., Any]


def content_type(transformers: Mapping[str, Transform], default: Transform | None = None) -> Transform:
    """Return a transform that goes by the media type of the request.

    Args:
        transformers: Transforms by media type, such as ``application/json``.
        default: For all others; None leaves the value as it is.
    """

    def choose(request: Any) -> Transform | None:
        return transformers.get(parse_content_type(request.content_type)[0], default)

    return _chosen(choose)


def suffix(transformers: Mapping[str, Transform], default: Transform | None = None) -> Transform:
    """Return a transform that goes by how the path of the request ends; see `content_type`."""

    def choose(request: Any) -> Transform | None:
        return next((each for end, each in transformers.items() if request.path.endswith(end)), default)

    return _chosen(choose)


def prefix(transformers: Mapping[str, Transform], default: Transform | None = None) -> Transform:
    """Return a transform that goes by how the path of the request begins; see `content_type`."""

    def choose(request: Any) -> Transform | None:
        return next((each for start, each in transformers.items() if request.path.startswith(start)), default)

    return _chosen(choose)


def all(*transformers: Transform) -> Transform:
    """Return a transform that applies all of these, each to what the one before has returned."""
    prepared = [Flexible(each, "request", "response") for each in transformers]

    def transform(data: Any, request: Any = None, response: Any = None) -> Any:
        for done, each in enumerate(prepared, 1):
            data = each(data, request=request, response=response)
            if is_awaitable(data):
                return _apply(data, prepared[done:], request, response)
        return data

    return transform


async def _apply(data: Any, prepared: Iterable[Flexible], request: Any, response: Any) -> Any:
    """Return what ``data``, once awaited, is after all of these."""
    data = await data
    for each in prepared:
        data = each(data, request=request, response=response)
        if is_awaitable(data):
            data = await data
    return data


def _chosen(choose: Callable[[Any], Transform | None]) -> Transform:
    def transform(data: Any, request: Any, response: Any = None) -> Any:
        chosen = choose(request)
        if chosen is None:
            return data
        return Flexible(chosen, "request", "response")(data, request=request, response=response)

    return transform
