"""A router for calls in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar, Unpack, cast

from hug.api.module_api import api_for
from hug.interface.local import Local
from hug.interface.of_function import Interfaces, behind_local
from hug.introspect import bare
from hug.routers.options import LocalOptions
from hug.routers.router import InternalValidation, warn_of_unmapped

F = TypeVar("F", bound=Callable[..., Any])


class LocalRouter(InternalValidation):
    """A router for calls in Python: its functions do for Python code what they do for requests."""

    known = LocalOptions

    def __init__(self, function: None = None, **options: Unpack[LocalOptions]) -> None:
        """Make a router.

        Args:
            function: Nothing.
            options: Those of all routers that answer invalid input themselves, and three of its own.
                ``directives=False``: directives make no values. ``validate=False``: arguments are passed as
                they are. ``version``: the one that directives get to know.

        Raises:
            TypeError: There is a function: the parentheses after the decorator's name are missing.
        """
        if callable(function):
            bare(function, "hug.local")
        super().__init__(**options)

    def __call__(self, function: F) -> F:
        """Return a function that stands for ``function``, and checks and converts what it is called with."""
        spec = behind_local(function)
        local = Local(self.route, spec, api_for(self.route.get("api"), spec))
        warn_of_unmapped(local)
        interfaces = Interfaces.of(function)
        interfaces.local = local
        vars(local.wrapper)["interface"] = interfaces
        return cast("F", local.wrapper)

    def directives(self, use: bool = True, **overrides: Any) -> Self:
        """Return a router whose functions get the values of directives, or do not."""
        return self.where(directives=use, **overrides)

    def validate(self, function: Callable[..., Any] | bool = True, **overrides: Any) -> Self:
        """Return a router that checks and converts arguments, or does not; a function is asked, too."""
        return self.where(validate=function, **overrides)

    def version(self, supported: int | None, **overrides: Any) -> Self:
        """Return a router for this version."""
        return self.where(version=supported, **overrides)
