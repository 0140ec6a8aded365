"""What all routers are: options that are given, chained and kept for later."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from hug.routers.options import (
    Requirements,
    RouterOptions,
    ValidationOptions,
    explaining,
    functions,
    normalised,
)
from hug.source_locations import place, warn_caller

if TYPE_CHECKING:
    from hug.interface.interface import Interface

_NEARLY: Final = 0.8
"""How alike a misspelling is to what is meant: as ``version`` to ``versions``, not ``status_code`` is."""


class Router:
    """Options, and what is common to all uses of them.

    Attributes:
        route: The options that were given, by name, normalised.
    """

    known: ClassVar[type] = RouterOptions
    """The options there are."""

    def __init_subclass__(cls) -> None:
        """Let ``help()`` of a class tell its options."""
        super().__init_subclass__()
        if cls.__doc__:
            explaining(cls.known)(cls)

    def __init__(self, **options: Any) -> None:
        """Keep ``options``. One that does not exist is a warning, not an error: hug 2 took any.

        Raises:
            TypeError: One that nearly is an option, and so a mistake.
        """
        known = self.known.__annotations__.keys()
        for name in sorted(options.keys() - known):
            del options[name]
            what = f"{type(self).__name__} has no option {name!r}"
            if meant := difflib.get_close_matches(name, known, 1, _NEARLY):
                raise TypeError(f"{what}: is it {meant[0]!r} that you mean?")
            what += ": it does nothing"
            warn_caller(what)
        self.route = normalised(options)

    def where(self, **overrides: Any) -> Self:
        """Return a router with these options in place of its own."""
        warn_of_dropped(self.route, overrides)
        return type(self)(**{**self.route, **overrides})

    def api(self, api: Any, **overrides: Any) -> Self:
        """Return a router for this API, which may be given as module or name."""
        return self.where(api=api, **overrides)

    def output(self, formatter: Callable[..., Any], **overrides: Any) -> Self:
        """Return a router with this output format."""
        return self.where(output=formatter, **overrides)

    def transform(self, function: Callable[..., Any] | bool, **overrides: Any) -> Self:
        """Return a router that passes results through ``function``; False ignores a ``->`` annotation."""
        return self.where(transform=function, **overrides)

    def validate(self, function: Callable[..., Any], **overrides: Any) -> Self:
        """Return a router that asks ``function(fields)`` for errors once all types have converted."""
        return self.where(validate=function, **overrides)

    def requires(self, requirements: Requirements, **overrides: Any) -> Self:
        """Return a router with these requirements after those it has.

        Each is a function, sync or async, of those of ``request, response, context, module, api`` that it
        names, asked in order before anything else. It is met if it returns None or True. False, or another
        false value, is answered with 403; anything else is the answer itself, with status 200 unless it sets
        another; it may also raise an HTTP error. Then the function is not called.
        """
        return self.where(requires=(*self.route.get("requires", ()), *functions(requirements)), **overrides)

    def doesnt_require(self, requirements: Requirements, **overrides: Any) -> Self:
        """Return a router without these requirements."""
        gone = functions(requirements)
        left = tuple(each for each in self.route.get("requires", ()) if each not in gone)
        made = self.where(**overrides)
        return type(made)(**{**made.route, "requires": left})

    def map_params(self, **names: str) -> Self:
        """Return a router that takes parameters under these external names."""
        return self.where(map_params={**self.route.get("map_params", {}), **names})


class InternalValidation(Router):
    """A router that answers invalid input itself."""

    known: ClassVar[type] = ValidationOptions

    def raise_on_invalid(self, setting: bool = True, **overrides: Any) -> Self:
        """Return a router that lets the errors of types through."""
        return self.where(raise_on_invalid=setting, **overrides)

    def on_invalid(self, function: Callable[..., Any], **overrides: Any) -> Self:
        """Return a router that passes ``{"errors": ...}`` through ``function``."""
        return self.where(on_invalid=function, **overrides)

    def output_invalid(self, formatter: Callable[..., Any], **overrides: Any) -> Self:
        """Return a router with this output format for errors of validation."""
        return self.where(output_invalid=formatter, **overrides)


def warn_of_unmapped(interface: Interface[Any]) -> None:
    """Warn where ``map_params`` has a name of no parameter: another route of the router may have that one."""
    binding = interface.binding
    taken = {*(field.name for field in binding.fields), *binding.injected, *binding.directives}
    for external, name in binding.external.items():
        if not binding.takes_any and name not in taken:
            told = f"{interface.function.__qualname__} ({place(interface.function)})"
            warn_caller(
                f"map_params has {external!r} for {name!r}, which {told} does not take: "
                f"it takes {', '.join(sorted(taken)) or 'nothing'}"
            )


def warn_of_dropped(route: Mapping[str, Any], overrides: Mapping[str, Any]) -> None:
    """Warn where ``requires`` of ``overrides`` replaces requirements that ``route`` has, as in hug 2."""
    if "requires" not in overrides:
        return
    kept = functions(overrides["requires"] or ())
    dropped = [each for each in route.get("requires", ()) if each not in kept]
    if dropped:
        names = ", ".join(getattr(each, "__qualname__", repr(each)) for each in dropped)
        what = f"requires= drops what the router or class has required so far: {names}"
        warn_caller(f"{what}; add with .requires(), or drop it with .doesnt_require()")
