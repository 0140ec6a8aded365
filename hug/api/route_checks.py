"""What cannot be right about a route: told when it is declared, with the places, not by the first request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hug.dispatch.templates import Templates
from hug.exceptions import HugError
from hug.interface.http import HTTP
from hug.source_locations import place
from hug.url_templates import fields
from hug.versions import PARAMETER


class RouteError(HugError, ValueError):
    """A route cannot be: its function does not take what is in the URL, or another has the URL."""


def check_fields(interface: HTTP, urls: Iterable[str]) -> None:
    """Raise `RouteError` if a URL has a field that nothing can receive.

    A function that takes the request, or a directive, may look for itself.
    """
    binding = interface.binding
    if binding.takes_any or binding.directives or "request" in binding.injected:
        return
    taken = {PARAMETER, *(field.external for field in binding.fields), *binding.injected}
    for url in urls:
        for name in fields(url):
            if name not in taken:
                raise RouteError(
                    f"{_told(interface.function)} takes no {name!r}, which is a field of its URL {url!r}: "
                    f"it takes {', '.join(sorted(taken - {PARAMETER})) or 'nothing'}"
                )


def check_template(interface: HTTP, taken: Templates, base_url: str, url: str) -> None:
    """Add a URL to those that are ``taken``; raise `RouteError` if it cannot be, or not beside them."""
    try:
        taken.add(base_url, url)
    except ValueError as error:
        told = f"{_told(interface.function)} cannot have the URL {base_url + url!r}"
        raise RouteError(f"{told}: {error}") from None


def check_free(interface: HTTP, there: HTTP | None, what: str) -> None:
    """Raise `RouteError` if ``there``, another function, answers already what ``interface`` is to answer.

    The same function may be declared again, as it is when its module is reloaded. What one function makes
    within itself replaces what another has made, as tests do that declare what they need. And what is taken
    over of another API may be replaced, or replace: of those the latest answers.

    Args:
        interface: What is declared.
        there: What has the same URL, method and version; None if nothing has.
        what: That method and URL, for the message.
    """
    if there is None or there.origin is not there or interface.origin is not interface:
        return
    old, new = there.function, interface.function
    if _name(old) == _name(new) or _scope(old) != _scope(new):
        return
    raise RouteError(
        f"{what} is answered by {_told(old)} already, so {_told(new)} cannot answer it: give one of them "
        "another URL, method or version"
    )


def _name(function: Callable[..., Any]) -> tuple[str, str]:
    return function.__module__, function.__qualname__


def _scope(function: Callable[..., Any]) -> tuple[str, str] | None:
    """Return the function that ``function`` was made in; None if it is one of a module or a class."""
    outer, made, _ = function.__qualname__.rpartition(".<locals>.")
    return (function.__module__, outer) if made else None


def _told(function: Callable[..., Any]) -> str:
    return f"{function.__qualname__} ({place(function)})"
