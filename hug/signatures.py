"""What a function takes by name: its own parameters, or of what it wraps, their annotations evaluated."""

from __future__ import annotations
import __future__

import inspect
import itertools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType, MethodType
from typing import Any, Final

from hug.sentinels import NOTHING

NAMED: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
"""The kinds of parameters that can be given by name."""


class Unevaluated(str):
    """The source text of an annotation that does not evaluate where the function is decorated."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter that can be given by name; ``annotation`` and ``default`` are `NOTHING` when absent."""

    name: str
    annotation: Any = NOTHING
    default: Any = NOTHING

    @property
    def required(self) -> bool:
        """Whether a call fails without it."""
        return self.default is NOTHING


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes by name.

    Attributes:
        parameters: All parameters that can be given by name.
        takes_any: Whether any other name can be given, too.
        returns: The ``->`` annotation.
        bound: Names that cannot be given, although any can: as the ``self`` of a method, they have values.
        rest: The parameter that takes any number of positional arguments; None without one.
    """

    parameters: tuple[Parameter, ...]
    takes_any: bool
    returns: Any
    bound: frozenset[str] = frozenset()
    rest: Parameter | None = None


def signature(function: Callable[..., Any]) -> Signature:
    """Return what ``function`` takes by name; the ``self`` of a bound method is left out.

    Of a wrapper made with `functools.wraps` that passes its keywords on (``**kwargs``), the parameters of the
    wrapped function count as well: the wrapper itself says nothing about them.

    Annotations that are strings are kept: they document. Only where a module says
    ``from __future__ import annotations`` are they source text; there each is evaluated, and kept as text
    when it does not evaluate (a name imported for type checkers only): see `Unevaluated`.

    Raises:
        TypeError: ``function`` is no Python function, or requires a positional-only parameter.
    """
    if not hasattr(function, "__code__"):
        raise TypeError(f"{function!r} is not a Python function or method: wrap it in a def")
    parameters: dict[str, Parameter] = {}
    takes_any, rest = False, None
    evaluate = _evaluator(function)
    own = inspect.signature(function, follow_wrapped=False)
    for name, parameter in own.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            takes_any = True
        elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            rest = Parameter(name, evaluate(or_nothing(parameter.annotation)))
        elif parameter.kind in NAMED:
            annotation = evaluate(or_nothing(parameter.annotation))
            parameters[name] = Parameter(name, annotation, or_nothing(parameter.default))
        elif parameter.kind is inspect.Parameter.POSITIONAL_ONLY and parameter.default is parameter.empty:
            raise TypeError(f"{function.__qualname__}: {name!r} is positional-only, hug passes names")
    returns = evaluate(or_nothing(own.return_annotation))

    bound = _bound(function)
    wrapped: Any = getattr(function, "__wrapped__", None)
    if takes_any and hasattr(wrapped, "__code__"):
        inner = signature(wrapped)
        bound |= inner.bound | _filled_by_binding(function, inner)
        skipped = parameters.keys() | bound
        parameters |= {each.name: each for each in inner.parameters if each.name not in skipped}
        takes_any, rest = inner.takes_any, inner.rest
        returns = returns if returns is not NOTHING else inner.returns
    return Signature(tuple(parameters.values()), takes_any, returns, bound, rest)


def _bound(function: Callable[..., Any]) -> frozenset[str]:
    """Return the name that a bound method has for what it is bound to."""
    if not isinstance(function, MethodType):
        return frozenset()
    return frozenset(itertools.islice(inspect.signature(function.__func__).parameters, 1))


def _filled_by_binding(function: Callable[..., Any], inner: Signature) -> set[str]:
    """Return the names that a wrapper of a method has for its function already: ``self``."""
    return {inner.parameters[0].name} if isinstance(function, MethodType) and inner.parameters else set()


def or_nothing(value: Any) -> Any:
    """Return an annotation or default as it is, `NOTHING` where `inspect` found none."""
    return NOTHING if value is inspect.Parameter.empty else value


def _evaluator(function: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return what turns an annotation of ``function`` into the object it means."""
    plain: Any = inspect.unwrap(function) if hasattr(function, "__wrapped__") else function
    plain = getattr(plain, "__func__", plain)
    if not plain.__code__.co_flags & __future__.annotations.compiler_flag:
        return lambda annotation: annotation
    names: Mapping[str, Any] = (
        plain.__globals__ | _names_around(plain) | inspect.getclosurevars(plain).nonlocals
    )

    def evaluate(annotation: Any) -> Any:
        if not isinstance(annotation, str):
            return annotation
        try:
            return eval(annotation, dict(names))  # noqa: S307  # source text of the module itself
        except Exception:
            return Unevaluated(annotation)

    return evaluate


def _names_around(function: Any) -> dict[str, Any]:
    """Return the local names of the functions around ``function``, of those that are running.

    A function that is decorated inside another one may be annotated with classes from there; those that its
    body does not use are not in its closure.
    """
    names: dict[str, Any] = {}
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals is function.__globals__ and function.__qualname__.startswith(
            f"{frame.f_code.co_qualname}.<locals>."
        ):
            names = frame.f_locals | names
        frame = frame.f_back
    return names
