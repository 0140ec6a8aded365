"""Several converters, one after the other, as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hug.introspect import is_awaitable, is_coroutine, names_explicitly

Converter = Callable[..., Any]


def in_turn(converters: Iterable[Converter]) -> Converter:
    """Return a converter that gives each of ``converters`` what the one before it has returned.

    It takes ``context``, for those that do. It is async if one of them is.
    """
    steps = tuple((each, names_explicitly(each, "context")) for each in converters)

    def convert(value: Any, context: Any = None) -> Any:
        for step, contextual in steps:
            value = step(value, context=context) if contextual else step(value)
        return value

    async def convert_and_await(value: Any, context: Any = None) -> Any:
        for step, contextual in steps:
            value = step(value, context=context) if contextual else step(value)
            if is_awaitable(value):
                value = await value
        return value

    return convert_and_await if any(is_coroutine(step) for step, _ in steps) else convert
