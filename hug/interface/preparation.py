"""What a route's options and a function's signature come to; looked at when a function is decorated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hug import signatures
from hug.flexible import Flexible
from hug.introspect import reject_generator
from hug.sentinels import NOTHING
from hug.signatures import Parameter, Signature
from hug.types.adapted import dumping
from hug.types.standard_typing import converter


def flexible(function: Any) -> Flexible | None:
    """Return a function that is offered request and response; None for what is no function."""
    return Flexible(function, "request", "response") if callable(function) else None


def as_requirement(function: Callable[..., Any]) -> Flexible:
    """Return a requirement, with what it is offered.

    Raises:
        TypeError: It is a generator function.
    """
    reject_generator(function)
    return Flexible(function, "request", "response", "context", "module", "api")


def as_directive(function: Callable[..., Any]) -> Flexible:
    """Return a directive, with what it is offered."""
    names = ("request", "response", "context", "api", "api_version", "interface", "argparse")
    return Flexible(function, *names)


def signature(
    function: Callable[..., Any], parameters: Sequence[str] | None, defaults: Mapping[str, Any]
) -> Signature:
    """Return what ``function`` takes, its parameters replaced where the route names them."""
    own = signatures.signature(function)
    if parameters is None:
        return own
    known = {parameter.name: parameter for parameter in own.parameters}
    named = (known.get(name, Parameter(name)) for name in parameters)
    replaced = (
        Parameter(each.name, each.annotation, defaults.get(each.name, each.default)) for each in named
    )
    return Signature(tuple(replaced), own.takes_any, own.returns, own.bound, own.rest)


def transformation(option: Any, returns: Any) -> tuple[Flexible | None, type | None]:
    """Return what is to be done to results, and the class whose instances are left alone.

    An annotation that only a type checker understands is no transformation.
    """
    if (dump := dumping(returns if option is None else option)) is not None:
        return Flexible(dump, "context"), None
    if option is not None:
        function = option or None
    elif returns is NOTHING or isinstance(returns, str) or type(returns).__module__ == "typing":
        function = None
    elif any(returns is each for each in (bool, dict, float)):  # other than with what clients send
        function = returns
    else:
        function = None if converter(returns) is not None else returns
    return flexible(function), function if isinstance(function, type) else None
