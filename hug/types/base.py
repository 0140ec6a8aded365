"""What every hug type is built on: `Type`, and `create` and `accept`, which make types from functions."""

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType, new_class
from typing import Any, NoReturn

from hug.introspect import refuse_bare
from hug.types.bounded_constructors import careful, settled
from hug.types.refusals import is_answer

ExceptionHandlers = Mapping[type[Exception], str | Callable[[Any], Exception]]
_NO_HANDLERS: ExceptionHandlers = MappingProxyType({})


class Type:
    """Defines the base hug concept of a type for use in function annotation.

    Override `__call__` to define how the type should be transformed and validated: return the converted
    value, or raise an exception whose first argument tells the client what is wrong. Falcon's errors and
    statuses answer by themselves, and an `OSError` is a failure, 500. The docstring is what documentation
    shows. A type whose ``_accept_context`` is true is called with the request's context, too.
    """

    _accept_context = False

    def __call__(self, value: Any) -> Any:
        """Return ``value`` converted, or raise."""
        raise NotImplementedError("To implement a new type __call__ must be defined")


def create(
    doc: str | None = None,
    error_text: str | None = None,
    exception_handlers: ExceptionHandlers = _NO_HANDLERS,
    extend: Callable[..., Any] = Type,
    chain: bool = True,
    auto_instance: bool = True,
    accept_context: bool = False,
) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a function to make it a type, as in ``@hug.type(extend=hug.types.number)``.

    Args:
        doc: What documentation shows; default is the function's docstring.
        error_text: Message of the ValueError raised in place of any exception, those of ``extend`` included,
            but not of Falcon's, which are answers by themselves.
        exception_handlers: The same for one kind of exception each: the message, or an exception class, which
            gets the value. Looked at before ``error_text``, in order.
        extend: The type to build on, one of hug's or made like these. An instance lends its settings.
        chain: Whether the function gets what ``extend`` made of the value, or the value as it came.
        auto_instance: Whether to return an instance, where that takes no arguments, rather than the class.
        accept_context: Whether the function takes the request's context as its second argument.

    Raises:
        TypeError: The function, or ``extend``, is async: nobody would await it.
    """
    refuse_bare(doc, "hug.type")
    settled(extend)

    def decorate(function: Callable[..., Any]) -> Any:
        settled(function)
        names = function.__name__, function.__module__, function.__doc__ if doc is None else doc
        return make(function, *names)

    make = _maker(error_text, exception_handlers, extend, chain, auto_instance, accept_context)
    return decorate


def _maker(
    error_text: str | None,
    exception_handlers: ExceptionHandlers,
    extend: Callable[..., Any],
    chain: bool,
    auto_instance: bool,
    accept_context: bool,
) -> Callable[[Callable[..., Any], str, str, str | None], Any]:
    """Return what makes types of functions, given their names, modules and docstrings; see `create`."""
    base: type[Type] = extend if isinstance(extend, type) else type(extend)
    chained = chain and base is not Type
    takes_context = accept_context or (chained and base._accept_context)

    def make(function: Callable[..., Any], name: str, module: str, doc: str | None) -> Any:
        def convert_in_context(self: Any, value: Any, context: Any = None) -> Any:
            try:
                given = value
                if chained:
                    given = base.__call__(self, value, *((context,) if base._accept_context else ()))
                return function(given, context) if accept_context else function(given)
            except Exception as error:
                _reject(error, value, exception_handlers, error_text)

        def convert(self: Any, value: Any) -> Any:
            try:
                return function(base.__call__(self, value) if chained else value)
            except Exception as error:
                _reject(error, value, exception_handlers, error_text)

        members = {
            "__call__": convert_in_context if takes_context else convert,
            "__doc__": doc,
            "__module__": module,
            "_accept_context": takes_context,
        }
        kind = new_class(name, (base,), exec_body=lambda namespace: namespace.update(members))
        if not auto_instance:
            return kind
        if isinstance(extend, Type):
            return _instance_like(kind, extend)
        return kind() if _is_plain(kind) or not inspect.signature(kind).parameters else kind

    return make


def _is_plain(kind: type) -> bool:
    """Return whether instances are made as of `object`, whose own signature takes milliseconds to read."""
    made_by = {name for each in kind.__mro__[:-1] for name in vars(each)} & {"__init__", "__new__"}
    return type(kind) is type and not made_by


def accept(
    kind: Callable[..., Any],
    doc: str | None = None,
    error_text: str | None = None,
    exception_handlers: ExceptionHandlers = _NO_HANDLERS,
    accept_context: bool = False,
) -> Any:
    """Return a type that converts by calling ``kind``; the other arguments are those of `create`."""
    make = _maker(error_text, exception_handlers, Type, True, True, accept_context)
    return make(careful(kind), "cast", __name__, doc or kind.__doc__)


def _reject(error: Exception, value: object, handlers: ExceptionHandlers, error_text: str | None) -> NoReturn:
    """Raise what there is to raise in place of ``error``; itself when nobody asked for anything else."""
    for kind, answer in handlers.items():
        if isinstance(error, kind):
            raise (ValueError(answer) if isinstance(answer, str) else answer(value)) from error
    if error_text and not is_answer(error):
        raise ValueError(error_text) from error
    raise error


def _instance_like(kind: type[Type], example: Type) -> Type:
    """Return an instance of ``kind``, a subclass of the example's, with the example's settings."""
    instance = kind.__new__(kind)
    vars(instance).update(vars(example))
    instance.__doc__ = kind.__doc__
    return instance
