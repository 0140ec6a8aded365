"""Mistakes that are told when a route is declared: fields, URLs that are taken, misspelt options."""

import importlib
import re
import sys
import warnings
from pathlib import Path

import pytest

import hug
from hug.api.route_checks import RouteError

FIRST = """
import hug

@hug.get("/x")
def first():
    return 1
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to import modules from, which are forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    for name in [each for each in sys.modules if each.startswith("tests_declared_")]:
        del sys.modules[name]


def test_field_that_nobody_takes(api: hug.API) -> None:
    """A field that the function cannot receive is told with the function and where it is."""

    def function(b, c=1):
        return b

    line = function.__code__.co_firstlineno
    with pytest.raises(RouteError) as raised:
        hug.get("/x/{a}", api=api)(function)
    assert str(raised.value) == (
        f"{function.__qualname__} ({__file__}:{line}) takes no 'a', which is a field of its URL '/x/{{a}}': "
        "it takes b, c"
    )
    with pytest.raises(RouteError, match="takes no 'a'"):
        hug.get(("/x", "/y/{a:int}"), api=api)(lambda: None)
    assert not api.http.routes


def test_fields_that_somebody_takes(api: hug.API) -> None:
    """A field may be for ``**kwargs``, a name of `map_params`, or for who looks at the request itself."""

    @hug.directive(api=api)
    def looks(request=None, **_):
        return request.path

    hug.get("/a/{a}", api=api)(lambda **kwargs: kwargs)
    hug.get("/b/{begin}", api=api, map_params={"begin": "start"})(lambda start: start)
    hug.get("/c/{a}", api=api)(lambda request: request.path)
    hug.get("/d/{a}", api=api)(lambda hug_looks: hug_looks)
    hug.get("/e/{a:int}/{b}", api=api)(lambda a, b: [a, b])
    hug.get("/f/{a}", api=api, parameters=("a",))(lambda **kwargs: kwargs)
    assert hug.test.get(api, "/b/x").data == "x"
    assert hug.test.get(api, "/d/x").data == "/d/x"
    with pytest.raises(RouteError, match="takes no 'start'"):
        hug.get("/x/{start}", api=api, map_params={"begin": "start"})(lambda start: start)


def test_url_that_is_taken(folder: Path) -> None:
    """Two functions for one URL, method and version are an error, which names both, and where they are."""
    second = FIRST.replace("first", "second").replace("return 1", "return 2")
    (folder / "tests_declared_twice.py").write_text(FIRST + second)
    with pytest.raises(RouteError) as raised:
        importlib.import_module("tests_declared_twice")
    file = folder / "tests_declared_twice.py"
    assert str(raised.value) == (
        f"GET /x is answered by first ({file}:4) already, so second ({file}:10) cannot answer it: "
        "give one of them another URL, method or version"
    )


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("/users/{name}/posts", "it has a field where '/users/{number}' has another one"),
        ("/users/{number:int}", "it has a field where '/users/{number}' has another one"),
        ("/{other}/{class}", '("class" is not valid)'),
        ("/a b", "it may not contain spaces"),
        ("/a//b", "it may not contain '//'"),
        ("/x/{a", "a brace in it has no other one: a field is written {name}"),
        ("/x/a}", "a brace in it has no other one"),
        ("/{a/{b}", "a brace in it has no other one"),
        ("/{a}}", "a brace in it has no other one"),
        ("/v{number}/users", "it has a field where '/v{api_version:version}' has another one"),
    ],
)
def test_url_that_cannot_be(api: hug.API, url: str, why: str) -> None:
    """A URL that Falcon would not take, alone or beside others, is told when it is declared, in words."""

    def function(**fields):
        return 1

    hug.get("/users/{number}", api=api)(function)
    with pytest.raises(ValueError, match=rf"function \(.*test_declared.py:\d+\) cannot .*{re.escape(why)}"):
        hug.get(url, api=api)(function)
    assert hug.test.get(api, "/users/1").data == 1


@pytest.mark.parametrize(
    ("second", "taken"),
    [
        ('@hug.get("/x/")', True),
        ('@hug.http("/x")', True),
        ('@hug.get("/x", versions=None)', True),
        ('@hug.get("/x", versions=1)', False),
        ('@hug.get("/x", versions=False)', False),
        ('@hug.post("/x")', False),
        ('@hug.get("/x/y")', False),
    ],
)
def test_what_is_the_same(folder: Path, second: str, taken: bool) -> None:
    """A slash at the end makes no other URL; a method, or a version, makes another route."""
    name = f"tests_declared_{abs(hash(second))}"
    (folder / f"{name}.py").write_text(f"{FIRST}\n{second}\ndef second():\n    return 2\n")
    if taken:
        with pytest.raises(RouteError, match="is answered by first"):
            importlib.import_module(name)
    else:
        importlib.import_module(name)


def test_again(folder: Path) -> None:
    """A module may be reloaded, and a function declared again: the newest of it answers."""
    file = folder / "tests_declared_again.py"
    file.write_text(FIRST)
    module = importlib.import_module("tests_declared_again")
    assert hug.test.get(module, "/x").data == 1
    file.write_text(FIRST.replace("return 1", "return 23"))
    importlib.reload(module)
    assert hug.test.get(module, "/x").data == 23
    hug.get("/x", status=201)(module.first)
    assert hug.test.get(module, "/x").status == hug.HTTP_201


def test_made_elsewhere(api: hug.API) -> None:
    """What one test declares replaces what another has; within one function two are still a mistake."""

    def one():
        @hug.get("/x", api=api)
        def function():
            return "one"

    def other():
        @hug.get("/x", api=api)
        def function():
            return "other"

        @hug.get("/x", api=api)
        def another():
            return "another"

    one()
    assert hug.test.get(api, "/x").data == "one"
    with pytest.raises(RouteError, match=r"answered by .*function .* already, so .*another"):
        other()
    assert hug.test.get(api, "/x").data == "other"


def test_taken_over(api: hug.API) -> None:
    """What is taken over of another API may replace a route, and be replaced: the latest answers."""
    other = hug.API()

    def mine():
        return "mine"

    def theirs():
        return "theirs"

    hug.get("/x", api=api)(mine)
    hug.get("/x", api=other)(theirs)
    api.extend(other)
    assert hug.test.get(api, "/x").data == "theirs"
    hug.get("/x", api=api)(mine)
    assert hug.test.get(api, "/x").data == "mine"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("version", "versions"),
        ("example", "examples"),
        ("reqires", "requires"),
        ("respone_headers", "response_headers"),
    ],
)
def test_misspelt_options(name: str, meant: str) -> None:
    """An option that nearly is one is an error, which says what is meant."""
    with pytest.raises(TypeError, match=f"URLRouter has no option '{name}': is it '{meant}' that you mean"):
        hug.get("/x", **{name: 1})


@pytest.mark.parametrize("name", ["status_code", "methods", "skip_directives", "description"])
def test_other_options(name: str) -> None:
    """Any other option that does not exist is a warning, as hug 2 took them all."""
    with pytest.warns(UserWarning, match=f"has no option '{name}': it does nothing"):
        hug.get("/x", **{name: 1})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hug.get("/x", status=201)


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("output", "json", "output= takes a function, and 'json' is none"),
        ("validate", "check", "validate= takes a function, and 'check' is none"),
        ("on_invalid", 5, "on_invalid= takes a function, and 5 is none"),
        ("requires", "member", "requires= takes functions, and 'member' is none"),
        ("requires", [str, None], "requires= takes functions, and None is none"),
        ("accept", ("GET", "PSOT"), "accept= takes methods of HTTP, and 'PSOT' is none"),
        ("max_body", "1M", "max_body= takes a number of bytes, from 0, and '1M' is none"),
        ("max_body", -1, "max_body= takes a number of bytes, from 0, and -1 is none"),
        ("max_upload", True, "max_upload= takes a number of bytes, from 0, and True is none"),
        ("max_upload", 1e6, "max_upload= takes a number of bytes, from 0, and 1000000.0 is none"),
        ("response_headers", ["a"], "response_headers= takes a dictionary, and ['a'] is none"),
        ("map_params", "from", "map_params= takes a dictionary, and 'from' is none"),
        ("inputs", [str], "inputs= takes a dictionary, and [<class 'str'>] is none"),
        ("status", "fine", "'fine' is not a valid status code"),
        ("status", 700, "status= takes a status from 200 to 599, and 700 is none"),
        ("status", "100 Continue", "status= takes a status from 200 to 599, and '100 Continue' is none"),
    ],
)
def test_values_that_cannot_be(option: str, value: object, why: str) -> None:
    """A value that no request could be answered with is an error at once, given early or chained."""
    for declared in (
        lambda: hug.http("/x", **{option: value}),
        lambda: hug.http("/x").where(**{option: value}),
    ):
        with pytest.raises((TypeError, ValueError), match=re.escape(why)):
            declared()


def test_braces_that_are_right(api: hug.API) -> None:
    """The arguments of a converter may have what they like between the braces of a field."""
    hug.get('/{day:dt("%Y-%m-%d")}/{a:int(min=1)}-{b}', api=api)(lambda day, a, b: [day.year, a, b])
    assert hug.test.get(api, "/2026-05-01/7-x").data == [2026, 7, "x"]


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("max_body", "5", "a whole number, from 0"),
        ("max_upload", None, "a whole number, from 0"),
        ("max_members", -1, "a whole number, from 0"),
        ("max_header_size", True, "a whole number, from 0"),
        ("body_timeout", 0, "a number of seconds above 0"),
        ("body_timeout", "5", "a number of seconds above 0"),
    ],
)
def test_settings_that_cannot_be(api: hug.API, name: str, value: object, wanted: str) -> None:
    """A setting that no request could be answered with is an error where it is assigned, and is not kept."""
    before = getattr(api.http, name)
    with pytest.raises(ValueError, match=rf"api\.http\.{name} takes {wanted}, and {value!r} is none"):
        setattr(api.http, name, value)
    assert getattr(api.http, name) == before


def test_misspelt_settings(api: hug.API) -> None:
    """What nearly is a setting is a warning; what an application keeps there of its own is none."""
    with pytest.warns(UserWarning, match="has no setting 'max_bdy': is it 'max_body' that you mean") as told:
        api.http.max_bdy = 5
    assert told[0].filename == __file__
    api.http.max_age = api.http.database = api.http.max_body = 5


def test_parameters_that_are_not_there(api: hug.API) -> None:
    """A name in ``map_params`` that no parameter has is a warning, which says what the function takes."""
    router = hug.http(api=api, map_params={"from": "start"})

    def without(begin, request):
        return begin

    with pytest.warns(
        UserWarning, match="which .*without.*declared.py.* does not take: it takes begin, request"
    ):
        router.get("/without")(without)
    with pytest.warns(UserWarning, match="map_params has 'from' for 'start'"):
        hug.cli(api=api, map_params={"from": "start"})(without)
    with pytest.warns(UserWarning, match="it takes nothing"):
        hug.local(api=api, map_params={"from": "start"})(lambda: None)
    router.get("/with")(lambda start: start)
    router.get("/any")(lambda **given: given)
    assert hug.test.get(api, "/any?from=1").data == {"start": "1"}


def test_functions_that_are_no_methods() -> None:
    """``@hug.object.get`` on a function is a warning; on one that a class gets it is none."""

    def plain():
        return 1

    def wrapped(_):
        return lambda self: 2

    for declare in (hug.object.get("/x"), hug.object.sse("/x"), hug.object.cli, hug.object):
        with pytest.warns(
            UserWarning, match=r"hug.object is for methods, and .*plain .*declared.py:\d+. is none"
        ):
            declare(plain)

    class Methods:
        given = hug.object.get("/given")(plain)

        @hug.object.get("/wrapped")
        @wrapped
        def method(self):
            return 1

    assert Methods().method() == 2
