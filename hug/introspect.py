"""What callables take and how they run. Looked at once, when a function is decorated, not in requests."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from types import CodeType, MethodType
from typing import Any, NoReturn

from hug.signatures import NAMED, or_nothing

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def positional(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the parameters that can be given by position, and their defaults (`NOTHING` without one)."""
    parameters = inspect.signature(function).parameters.values()
    return {each.name: or_nothing(each.default) for each in parameters if each.kind in _POSITIONAL}


def takes_rest(function: Callable[..., Any]) -> str | None:
    """Return the name of the parameter that takes any number of positional arguments; None without one."""
    parameters = inspect.signature(function).parameters.values()
    kinds = {each.kind: each.name for each in parameters}
    return kinds.get(inspect.Parameter.VAR_POSITIONAL)


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
    return frozenset(parameter.name for parameter in parameters if parameter.kind in NAMED)


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
    return parameter is not None and parameter.kind in NAMED


def is_coroutine(function: Callable[..., Any]) -> bool:
    """Return whether calling ``function``, which may be an object with ``__call__``, gives a coroutine."""
    return inspect.iscoroutinefunction(function) or (
        not inspect.isclass(function) and inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
    )


def is_awaitable(value: Any) -> bool:
    """Return whether ``value`` can be awaited. What merely has any attribute that is asked for cannot be.

    A dictionary is not asked: there are some that keep what they were asked for. Of proxies the class has
    ``__await__``, and the instance if what it stands for can be awaited.
    """
    return not isinstance(value, dict) and hasattr(value, "__await__") and hasattr(type(value), "__await__")


def is_generator(function: Callable[..., Any]) -> bool:
    """Return whether calling ``function`` gives a generator, sync or async. The call runs no code of it."""
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def reject_generator(function: Callable[..., Any]) -> None:
    """Refuse a generator function in a place where what it returns decides: it would always be true.

    Raises:
        TypeError: ``function``, or what calling this object runs, is one.
    """
    called = getattr(function, "__call__", None)  # noqa: B004
    unwrapped: Any = function
    while isinstance(unwrapped, partial):
        unwrapped = unwrapped.func
    if is_generator(unwrapped) or (
        not inspect.isclass(function) and called is not None and is_generator(called)
    ):
        raise TypeError(f"{function!r} has to return what it says, not to yield it")


def bare(function: Callable[..., Any], written: str) -> NoReturn:
    """Raise what there is to say when a function takes the place of a decorator's arguments."""
    name = getattr(function, "__qualname__", repr(function))
    raise TypeError(f"write the decorator of {name} with parentheses: @{written}()")


def refuse_bare(given: Any, written: str) -> None:
    """Raise it if ``given``, in the place of an argument that is neither, is a function or a class."""
    if inspect.isroutine(given) or isinstance(given, type):
        bare(given, written)


# What hug 2 had here for authors of extensions.


def is_method(function: Callable[..., Any]) -> bool:
    """Return whether ``function`` is a bound method."""
    return isinstance(function, MethodType)


def name(function: Callable[..., Any]) -> str:
    """Return what ``function`` is called."""
    return function.__name__


def arguments(function: Callable[..., Any], extra_arguments: int = 0) -> tuple[str, ...]:
    """Return the names of parameters that can be given by position, ``self``, too; and so many more."""
    code: CodeType = inspect.unwrap(function).__code__
    return code.co_varnames[: code.co_argcount + extra_arguments]


def takes_kwargs(function: Callable[..., Any]) -> bool:
    """Return whether ``function`` takes names that are not its parameters."""
    return keywords(function) is None


def takes_args(function: Callable[..., Any]) -> bool:
    """Return whether ``function`` takes any number of positional arguments."""
    return takes_rest(function) is not None


def takes_arguments(function: Callable[..., Any], *named_arguments: str) -> set[str]:
    """Return those of the names that are parameters of ``function``."""
    return {name for name in named_arguments if names_explicitly(function, name)}


def takes_all_arguments(function: Callable[..., Any], *named_arguments: str) -> bool:
    """Return whether all of the names are parameters of ``function``."""
    return len(takes_arguments(function, *named_arguments)) == len(set(named_arguments))


def generate_accepted_kwargs(
    function: Callable[..., Any], *named_arguments: str
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what picks, from values by name, those that ``function`` takes; all of them if it takes any."""
    if takes_kwargs(function):
        return lambda values: values
    taken = takes_arguments(function, *named_arguments)
    return lambda values: {name: value for name, value in values.items() if name in taken}
