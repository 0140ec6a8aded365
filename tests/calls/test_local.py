"""Calls in Python that go through types, directives and requirements: `hug.local`."""

import asyncio
from typing import Any

import pytest

import hug


def test_converts(api: hug.API) -> None:
    """Arguments by position and by name are converted; defaults are not, and what has no type stays."""

    @hug.local(api=api)
    def price(amount: int, factor: hug.types.number = "2", *, note=None):
        """What it costs."""
        return [amount, factor, note]

    assert price("3") == [3, "2", None]
    assert price(amount="3", factor="4", note="5") == [3, 4, "5"]
    assert price.__name__ == "price"
    assert price.__doc__ == "What it costs."


def test_errors(api: hug.API) -> None:
    """What is missing or does not convert is returned, all of it, and the function is not called."""

    @hug.local(api=api)
    def price(amount: int, factor: hug.types.number):
        raise AssertionError

    wrong = {
        "amount": "invalid literal for int() with base 10: 'x'",
        "factor": "Invalid whole number provided",
    }
    assert price("x", "y") == {"errors": wrong}
    missing = {name: f"Required parameter '{name}' not supplied" for name in ("amount", "factor")}
    assert price() == {"errors": missing}


def test_not_a_call(api: hug.API) -> None:
    """What Python would not accept as a call is a TypeError that names the function."""

    @hug.local(api=api)
    def price(amount):
        return amount

    for call in (lambda: price(1, 2), lambda: price(1, amount=2), lambda: price(1, other=2)):
        with pytest.raises(TypeError, match=r"price\(\): "):
            call()


def test_raise_on_invalid(api: hug.API) -> None:
    """``raise_on_invalid`` lets the error of a type through; what is missing is returned nevertheless."""

    @hug.local(api=api, raise_on_invalid=True)
    def price(amount: int):
        return amount

    with pytest.raises(ValueError, match="invalid literal"):
        price("x")
    assert "amount" in price()["errors"]


def test_answers(api: hug.API) -> None:
    """``output``, ``transform`` and ``->`` make of results, and ``on_invalid`` and its output of errors."""

    @hug.local(api=api, output=hug.output_format.json, transform=lambda value: {"is": value})
    def written(value: int):
        return value

    @hug.local(api=api, output_invalid=hug.output_format.json, on_invalid=lambda data: [data])
    def mended(value: int) -> str:
        return value

    assert written("1") == b'{"is": 1}'
    assert b'"errors"' in written("x")
    assert mended("1") == "1"
    assert mended("x").startswith(b'[{"errors": ')


def test_validate(api: hug.API) -> None:
    """``validate`` is a function that looks at the fields, or False: arguments are passed as they are."""

    @hug.local(api=api, validate=lambda fields: {"a": "too large"} if fields["a"] > 3 else None)
    def checked(a: int):
        return a

    @hug.local(api=api, validate=False)
    def unchecked(a: int, *, b: int = 2):
        return [a, b]

    assert checked("3") == 3
    assert checked("4") == {"errors": {"a": "too large"}}
    assert unchecked("x", b="y") == ["x", "y"]
    with pytest.raises(TypeError, match="missing 1 required"):
        unchecked()


def test_requires(api: hug.API) -> None:
    """A requirement answers in place of the function; one that says False is an error."""

    async def known(context: Any) -> Any:
        return None if context == {} else "who are you?"

    @hug.local(api=api, requires=[known, lambda: "not now"])
    def asked():
        raise AssertionError

    @hug.local(api=api, requires=lambda: False)
    def refused():
        raise AssertionError

    assert asked() == "not now"
    with pytest.raises(hug.HTTPForbidden):
        refused()


def test_directives(api: hug.API) -> None:
    """Directives make values where the caller has none, or not at all; ``version`` is the one they know."""
    seen = {}

    @hug.directive(api=api)
    def place(default=None, **offered):
        seen.update(offered)
        return default

    @hug.local(api=api, version=3)
    def directed(a, hug_place="here", hug_timer=2, hug_api_version=None):
        return [a, hug_place, hug_timer, hug_api_version]

    @hug.local(api=api, directives=False)
    def plain(a, hug_place="here"):
        return [a, hug_place]

    a, where, timer, version = directed(1)
    assert (a, where, version) == (1, "here", 3)
    assert 0 <= float(timer) < 60
    assert directed(1, "there", hug_timer=5)[1:3] == ["there", 5]
    assert seen.keys() == {"api", "api_version", "context", "interface"}
    assert seen["interface"] is directed.interface.local
    seen.clear()
    assert plain(1) == [1, "here"]
    assert not seen


def test_cleanup(api: hug.API) -> None:
    """Directives are cleaned up and the context is taken down when the call is over, however it ends."""
    told: list[Any] = []

    @hug.directive(api=api)
    class Session:
        async def cleanup(self, exception=None):
            told.append(exception)

    def make(interface, api_version):
        return {"of": interface.function.__name__, "version": api_version}

    async def take(context, exception=None, errors=None):
        told.append((context, type(exception), errors))

    api.context_factory, api.delete_context = make, take

    @hug.local(api=api, version=1)
    def divided(by: int, hug_Session):
        return 6 / by

    assert divided("2") == 3
    assert told == [None, ({"of": "divided", "version": 1}, type(None), None)]
    told.clear()
    with pytest.raises(ZeroDivisionError):
        divided(0)
    assert [type(told[0]), told[1][1]] == [ZeroDivisionError, ZeroDivisionError]
    told.clear()
    divided("x")
    assert "by" in told[0][2]


def test_methods(api: hug.API) -> None:
    """Methods work, also those of classes and none."""

    class Shop:
        factor = 2

        @hug.local(api=api)
        def price(self, amount: int):
            return self.factor * amount

        @classmethod
        @hug.local(api=api)
        def of_class(cls, amount: int):
            return cls.factor * amount

        @staticmethod
        @hug.local(api=api)
        def of_none(amount: int):
            return amount

    assert Shop().price("3") == 6
    assert Shop.of_class("3") == 6
    assert Shop.of_none("3") == 3
    assert "amount" in Shop().price("x")["errors"]


def test_any_arguments(api: hug.API) -> None:
    """Further positional arguments and names go through."""

    @hug.local(api=api)
    def anything(a: int, b: int = 2, *rest, **more):
        return [a, b, rest, more]

    assert anything("1", z=3) == [1, 2, (), {"z": 3}]
    assert anything("1", "2", "3", "4", z=3) == [1, 2, ("3", "4"), {"z": 3}]


def test_names(api: hug.API) -> None:
    """A parameter with another name outside may be given by either, and errors tell the outer one."""

    @hug.local(api=api, map_params={"from": "from_"})
    def asked(from_: int):
        return from_

    assert [asked("1"), asked(from_="1"), asked(**{"from": "1"})] == [1, 1, 1]
    assert list(asked("x")["errors"]) == ["from"]


def test_async(api: hug.API) -> None:
    """An async function gives a coroutine where a loop runs, and runs by itself elsewhere."""

    @hug.local(api=api)
    async def later(a: int):
        await asyncio.sleep(0)
        return a

    @hug.local(api=api, requires=later)
    def now(a: int):
        return a

    async def in_loop() -> list[Any]:
        return [await later("1"), await later("x")]

    assert later("1") == 1
    right, wrong = asyncio.run(in_loop())
    assert right == 1
    assert "a" in wrong["errors"]


def test_async_parts(api: hug.API) -> None:
    """What is async around a sync function is waited for, also where a loop runs; with one loop a call."""
    loops: list[asyncio.AbstractEventLoop] = []

    async def met() -> None:
        loops.append(asyncio.get_running_loop())

    @hug.directive(api=api)
    async def answer():
        loops.append(asyncio.get_running_loop())
        return 42

    @hug.local(api=api, requires=met)
    def asked(hug_answer):
        return hug_answer

    async def in_loop() -> Any:
        return asked()

    assert asked() == 42
    assert asyncio.run(in_loop()) == 42
    assert loops[0] is loops[1]
    assert loops[2] is loops[3]
    assert all(loop.is_closed() for loop in loops)


def test_beside_other_ways(api: hug.API) -> None:
    """A function can be local, a command and an endpoint, decorated in any order; it is checked once."""
    calls = []

    def once(value):
        calls.append(value)
        return int(value)

    @hug.cli(api=api)
    @hug.get(api=api)
    @hug.local(api=api)
    def first(a: once):
        return a

    @hug.local(api=api)
    @hug.get(api=api)
    def last(a: once):
        return a

    for function in (first, last):
        calls.clear()
        assert function("1") == 1
        assert hug.test.get(api, f"/{function.__name__}", a=2).data == 2
        assert calls == ["1", "2"]
        interfaces = function.interface
        assert interfaces.spec is interfaces.local.function is interfaces.http.function is not function
        assert interfaces.api is api
    assert first.interface.cli.function is first.interface.spec


def test_by_api(api: hug.API) -> None:
    """`hug.route.API` has it, too."""
    route = hug.route.API(api)

    @route.local(validate=False)
    def unchecked(a: int):
        return a

    assert unchecked("x") == "x"
    assert unchecked.interface.api is api


def test_chaining(api: hug.API) -> None:
    """The router can be kept, and its options changed one by one."""
    router = hug.local(api=api)
    assert router.version(2).directives(False).validate(False).route == {
        "api": api,
        "directives": False,
        "validate": False,
        "version": 2,
    }


def test_without_parentheses() -> None:
    """A decorator without parentheses says so."""
    with pytest.raises(TypeError, match=r"@hug\.local\(\)"):

        @hug.local
        def function():
            pass
