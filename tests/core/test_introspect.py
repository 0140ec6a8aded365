"""What callables take, and how they run."""

import functools

import pytest

import hug
from hug.bytecode import returns_nothing
from hug.introspect import accepted, is_coroutine, is_generator, names_explicitly
from hug.sentinels import NOTHING
from hug.signatures import Parameter, signature


class Methods:
    def plain(self, a, b: int = 1):
        return a

    async def __call__(self, context=None):
        return context


def test_signature() -> None:
    """Names, annotations and defaults are told; what is absent is NOTHING."""

    def function(a, b: int, c="x", *args, d: "text" = None, **kwargs) -> float:  # noqa: F821
        return 1.0

    found = signature(function)
    assert found.parameters == (
        Parameter("a"),
        Parameter("b", int),
        Parameter("c", NOTHING, "x"),
        Parameter("d", "text", None),
    )
    assert [parameter.required for parameter in found.parameters] == [True, True, False, False]
    assert (found.takes_any, found.returns) == (True, float)


def test_bound_method() -> None:
    """``self`` of a bound method is no parameter."""
    assert signature(Methods().plain).parameters == (Parameter("a"), Parameter("b", int, 1))


def test_wrapped_method() -> None:
    """``self`` of a wrapped method is no parameter."""

    def wrap(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    class Wrapped:
        plain = wrap(Methods.plain)

    found = signature(Wrapped().plain)
    assert [parameter.name for parameter in found.parameters] == ["a", "b"]
    assert not found.takes_any


def test_wrapper_that_keeps_its_keywords_to_itself() -> None:
    """A wrapper that does not pass keywords on takes what it says, not what it wraps."""

    @functools.wraps(Methods.plain)
    def wrapper(x):
        return x

    assert [parameter.name for parameter in signature(wrapper).parameters] == ["x"]


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (lambda a, b: 1, ("a", "b")),
        (lambda b, *, c=1: 1, ("b", "c")),
        (lambda **kwargs: 1, ("a", "b", "c")),
        (lambda *args: 1, ()),
        (Methods().plain, ("a", "b")),
        (dict, ()),
        (len, ()),
    ],
)
def test_accepted(function, names) -> None:
    """Of offered names those are told that a callable takes."""
    assert accepted(function, ("a", "b", "c")) == names


def test_names_explicitly() -> None:
    """``**kwargs`` names nothing."""
    assert names_explicitly(Methods(), "context")
    assert not names_explicitly(lambda **kwargs: 1, "context")
    assert not names_explicitly(dict, "context")


def test_kinds() -> None:
    """Coroutine functions, also as objects, and generator functions of both kinds are told."""

    def generator():
        yield 1

    async def async_generator():
        yield 1

    assert is_coroutine(Methods())
    assert is_coroutine(Methods().__call__)
    assert not is_coroutine(Methods)
    assert not is_coroutine(async_generator)
    assert is_generator(generator)
    assert is_generator(async_generator)
    assert not is_generator(Methods().plain)


def _returns_none():
    hug.get()


async def _returns_none_async():
    if hug:
        return
    hug.get()


def _forgets():
    def generate():
        yield 1

    generate()


def _returns():
    if hug:
        return None
    return [1]


def _returns_sometimes(value=None):
    return value


def _raises():
    raise ValueError


def _generates():
    yield 1


async def _generates_async():
    yield 1


@functools.wraps(_returns_none)
def _wraps():
    return _returns_none()


@pytest.mark.parametrize("function", [_returns_none, _returns_none_async, _forgets])
def test_returning_nothing(function) -> None:
    """A function that can only return None is known as such, also where a generator in it could."""
    assert returns_nothing(function)


@pytest.mark.parametrize(
    "function",
    [_returns, _returns_sometimes, _raises, _generates, _generates_async, _wraps, Methods().plain, print],
)
def test_perhaps_returning_something(function) -> None:
    """A function that may return something, is a generator, or never returns, is not."""
    assert not returns_nothing(function)
