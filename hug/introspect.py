"""What a callable takes and how it runs. Looked at once, when a function is decorated, not in requests."""

from __future__ import annotations
import __future__

import dis
import inspect
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MethodType
from typing import Any, Final

from hug.sentinels import NOTHING

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


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
    """

    parameters: tuple[Parameter, ...]
    takes_any: bool
    returns: Any
    bound: frozenset[str] = frozenset()


def signature(function: Callable[..., Any]) -> Signature:
    """Return what ``function`` takes by name; the ``self`` of a bound method is left out.

    Of a wrapper made with `functools.wraps` that passes its keywords on (``**kwargs``), the parameters of the
    wrapped function count as well: the wrapper itself says nothing about them.

    Annotations that are strings are kept: they document. Only where a module says
    ``from __future__ import annotations`` are they source text; there each is evaluated, and kept as text
    when it does not evaluate (a name imported for type checkers only).

    Raises:
        TypeError: ``function`` is no Python function, or requires a positional-only parameter.
    """
    if not hasattr(function, "__code__"):
        raise TypeError(f"{function!r} is not a Python function or method: wrap it in a def")
    parameters: dict[str, Parameter] = {}
    takes_any = False
    evaluate = _evaluator(function)
    own = inspect.signature(function, follow_wrapped=False)
    for name, parameter in own.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            takes_any = True
        elif parameter.kind in _NAMED:
            annotation = evaluate(_or_nothing(parameter.annotation))
            parameters[name] = Parameter(name, annotation, _or_nothing(parameter.default))
        elif parameter.kind is inspect.Parameter.POSITIONAL_ONLY and parameter.default is parameter.empty:
            raise TypeError(f"{function.__qualname__}: {name!r} is positional-only, hug passes names")
    returns = evaluate(_or_nothing(own.return_annotation))

    bound = _bound(function)
    wrapped: Any = getattr(function, "__wrapped__", None)
    if takes_any and hasattr(wrapped, "__code__"):
        inner = signature(wrapped)
        bound |= inner.bound | _filled_by_binding(function, inner)
        skipped = parameters.keys() | bound
        parameters |= {each.name: each for each in inner.parameters if each.name not in skipped}
        takes_any = inner.takes_any
        returns = returns if returns is not NOTHING else inner.returns
    return Signature(tuple(parameters.values()), takes_any, returns, bound)


def _bound(function: Callable[..., Any]) -> frozenset[str]:
    """Return the name that a bound method has for what it is bound to."""
    if not isinstance(function, MethodType):
        return frozenset()
    return frozenset(itertools.islice(inspect.signature(function.__func__).parameters, 1))


def _filled_by_binding(function: Callable[..., Any], inner: Signature) -> set[str]:
    """Return the names that a wrapper of a method has for its function already: ``self``."""
    return {inner.parameters[0].name} if isinstance(function, MethodType) and inner.parameters else set()


def _or_nothing(value: Any) -> Any:
    return NOTHING if value is inspect.Parameter.empty else value


def _evaluator(function: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return what turns an annotation of ``function`` into the object it means."""
    plain: Any = inspect.unwrap(function) if hasattr(function, "__wrapped__") else function
    plain = getattr(plain, "__func__", plain)
    if not plain.__code__.co_flags & __future__.annotations.compiler_flag:
        return lambda annotation: annotation
    names: Mapping[str, Any] = plain.__globals__ | inspect.getclosurevars(plain).nonlocals

    def evaluate(annotation: Any) -> Any:
        if not isinstance(annotation, str):
            return annotation
        try:
            return eval(annotation, dict(names))  # noqa: S307  # source text of the module itself
        except Exception:
            return annotation

    return evaluate


def accepted(function: Callable[..., Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of ``names`` that ``function`` takes by name: all of them if it takes ``**kwargs``.

    A callable that does not tell (many builtins) takes none.
    """
    named = keywords(function)
    return names if named is None else tuple(name for name in names if name in named)


def keywords(function: Callable[..., Any]) -> frozenset[str] | None:
    """Return the names that ``function`` takes; None if it takes all, as with ``**kwargs``.

    A callable that does not tell (many builtins) takes none.
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return frozenset()
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return frozenset(parameter.name for parameter in parameters if parameter.kind in _NAMED)


def first(function: Callable[..., Any]) -> str | None:
    """Return the name of the parameter that gets the first positional argument; None if that is not told."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return next((parameter.name for parameter in parameters if parameter.kind in _POSITIONAL), None)


def names_explicitly(function: Callable[..., Any], name: str) -> bool:
    """Return whether ``function`` has a parameter of this very name: ``**kwargs`` does not count."""
    try:
        parameter = inspect.signature(function).parameters.get(name)
    except (TypeError, ValueError):
        return False
    return parameter is not None and parameter.kind in _NAMED


_UNABLE_TO_BLOCK: Final = frozenset(
    ("CACHE", "COPY_FREE_VARS", "LOAD_CONST", "LOAD_DEREF", "LOAD_GLOBAL", "NOP", "RESUME", "RETURN_CONST",
     "RETURN_VALUE")
)  # fmt: skip
"""Instructions that run no code of anybody, and do not wait."""


def cannot_block(function: Callable[..., Any]) -> bool:
    """Return whether calling ``function`` runs no code but its own, which does no more than return something.

    That is seen in its instructions: those that could call or wait for anything are not among them.
    """
    code = getattr(function, "__code__", None)
    return code is not None and all(each.opname in _UNABLE_TO_BLOCK for each in dis.get_instructions(code))


def is_coroutine(function: Callable[..., Any]) -> bool:
    """Return whether calling ``function``, which may be an object with ``__call__``, gives a coroutine."""
    return inspect.iscoroutinefunction(function) or (
        not inspect.isclass(function) and inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
    )


def is_generator(function: Callable[..., Any]) -> bool:
    """Return whether calling ``function`` gives a generator, sync or async. The call runs no code of it."""
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def returns_nothing(function: Callable[..., Any]) -> bool:
    """Return whether ``function`` ends, somewhere, without a value, and nowhere with one; generators do not.

    What a wrapper returns is not known to be nothing. Looks at the bytecode, as there may be no source text.
    """
    if is_generator(function):
        return False
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    ends = 0
    before: dis.Instruction | None = None
    for instruction in dis.get_instructions(code):
        if instruction.opname == "RETURN_VALUE":  # RETURN_CONST does both at once, where there is one
            if before is None or before.opname != "LOAD_CONST" or before.argval is not None:
                return False
            ends += 1
        elif instruction.opname == "RETURN_CONST":
            if instruction.argval is not None:
                return False
            ends += 1
        before = instruction
    return ends > 0
