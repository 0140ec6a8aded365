"""The interfaces of a function, which it carries as ``function.interface``."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from hug.interface.cli import CLI
    from hug.interface.http import HTTP
    from hug.interface.local import Local
    from hug.interface.protocols import Owner


class Interfaces:
    """The interfaces of one function, the latest of each kind.

    Attributes:
        spec: The function itself.
        http: For requests.
        cli: For the command line.
        local: For calls in Python.
    """

    http: HTTP
    cli: CLI
    local: Local

    def __init__(self, function: Callable[..., Any]) -> None:
        self.spec = function

    @property
    def api(self) -> Owner:
        """The API of the function."""
        kinds = vars(self)
        interface: HTTP | CLI | Local = kinds.get("http") or kinds.get("cli") or kinds["local"]
        return interface.api

    def stand_for(self, function: Callable[..., Any]) -> bool:
        """Return whether these are of ``function``, or it is the wrapper that `hug.local` has made."""
        local: Local | None = vars(self).get("local")
        return function is self.spec or (local is not None and function is local.wrapper)

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Self:
        """Return the interfaces of ``function``, which are kept in its attribute ``interface``."""
        plain: Any = getattr(function, "__func__", function)
        existing = vars(plain).get("interface")
        # A wrapper made with functools.wraps has the attributes of what it wraps.
        if not isinstance(existing, cls) or not existing.stand_for(plain):
            existing = plain.interface = cls(plain)
        return existing


def behind_local(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that `hug.local` has made ``function`` of; any other function as it is."""
    plain: Any = getattr(function, "__func__", function)
    existing = getattr(plain, "interface", None)
    if not isinstance(existing, Interfaces) or plain is existing.spec or not existing.stand_for(plain):
        return function
    return MethodType(existing.spec, function.__self__) if isinstance(function, MethodType) else existing.spec
