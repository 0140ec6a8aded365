"""Callables of users: they are offered keywords, and get those that they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hug.introspect import accepted, is_coroutine


class Flexible:
    """A callable that is offered keywords and gets those it names.

    Attributes:
        function: The callable itself.
        names: Which of the offered keywords it gets.
        asynchronous: Whether it gives a coroutine.
    """

    __slots__ = ("asynchronous", "function", "names")

    def __init__(self, function: Callable[..., Any], *offered: str) -> None:
        self.function = function
        self.names = accepted(function, offered)
        self.asynchronous = is_coroutine(function)

    def __call__(self, *args: Any, **offered: Any) -> Any:
        """Call it with those of ``offered`` that it names."""
        return self.function(*args, **{name: offered[name] for name in self.names if name in offered})
