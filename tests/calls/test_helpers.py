"""What extensions and old programs import by name: introspection, wrappers, the zen, the runner."""

import base64
import functools
import subprocess
import sys
from typing import Any

import pytest

import hug
from hug import introspect


def plain(a, b=1):
    return [a, b]


def anything(a, *args, c=2, **kwargs):
    return [a, args, c, kwargs]


class Kind:
    def method(self, a):
        return a


def test_introspection() -> None:
    """The helpers of hug 2 tell what they told."""
    assert [introspect.is_method(each) for each in (plain, Kind.method, Kind().method)] == [
        False,
        False,
        True,
    ]
    assert introspect.name(Kind().method) == "method"
    assert introspect.arguments(plain) == ("a", "b")
    assert introspect.arguments(Kind().method) == ("self", "a")
    assert introspect.arguments(anything, 1) == ("a", "c")
    assert [introspect.takes_kwargs(each) for each in (plain, anything)] == [False, True]
    assert [introspect.takes_args(each) for each in (plain, anything)] == [False, True]
    assert introspect.takes_arguments(plain, "a", "z") == {"a"}
    assert introspect.takes_all_arguments(plain, "a", "b")
    assert not introspect.takes_all_arguments(plain, "a", "z")
    values = {"a": 1, "b": 2, "z": 3}
    assert introspect.generate_accepted_kwargs(plain, "b", "z")(values) == {"b": 2}
    assert introspect.generate_accepted_kwargs(anything, "b")(values) == values


def test_wraps(api: hug.API) -> None:
    """A wrapper made with `hug.wraps` has the signature of what it wraps, for routes and commands alike."""

    def doubling(function: Any) -> Any:
        @hug.wraps(function)
        def double(*args: Any, **kwargs: Any) -> Any:
            return 2 * function(*args, **kwargs)

        return double

    @hug.cli(api=api)
    @hug.local(api=api)
    @hug.get("/x", api=api)
    @doubling
    def number(a: int, b: int = 1):
        return a + b

    assert hug.wraps is functools.wraps
    assert hug.test.get(api, "/x", a=2).data == 6
    assert hug.test.cli(number, 2, b=2) == 8
    assert number("3") == 8


def test_auto_kwargs() -> None:
    """`auto_kwargs` lets a function be called with more keywords than it names."""
    assert hug.decorators.auto_kwargs(plain)(1, b=2, c=3) == [1, 2]
    assert hug.decorators.auto_kwargs(anything) is anything


def test_zen() -> None:
    """Importing `hug.this` prints it; importing hug does not."""
    code = "import hug; print('-'); import hug.this; assert hug.this.ZEN_OF_HUG.startswith('The Zen of hug')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.startswith("-\nThe Zen of hug\n")


def test_runner() -> None:
    """The module that hug 2 had its command in has it still."""
    with pytest.raises(SystemExit) as ended:
        hug.development_runner.hug(["--version"])
    assert ended.value.code == 0


def test_headers_as_bytes(api: hug.API) -> None:
    """Headers of `hug.test` may be bytes, as those are that `base64` makes."""
    who = hug.authentication.basic(hug.authentication.verify("ann", "secret"))
    hug.get("/me", api=api, requires=who)(lambda hug_user: hug_user)
    hug.sse("/mine", api=api, requires=who)(lambda hug_user: [hug_user])
    headers = {"Authorization": b"Basic " + base64.b64encode(b"ann:secret")}
    assert hug.test.get(api, "/me", headers=headers).data == "ann"
    with hug.test.sse(api, "/mine", headers=headers) as stream:
        assert next(stream).data == "ann"
