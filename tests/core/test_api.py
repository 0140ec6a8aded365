"""APIs as objects: one for each module, what they are given, and what they give."""

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

import hug


@pytest.fixture
def module() -> Iterator[ModuleType]:
    """A module that no other test has."""
    module = ModuleType("tests_api_module", "What it does.")
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def test_one_for_each_module(module: ModuleType) -> None:
    """A module has one API, whoever asks for it, by module, name or API; its class may be one's own."""

    class Mine(hug.API):
        extra = 1

    api = Mine(module.__name__)
    assert api is hug.API(module) is hug.API(module.__name__) is hug.API(api) is module.__hug__
    assert (api.name, api.doc, api.extra) == ("tests_api_module", "What it does.", 1)
    assert hug.API() is not hug.API()


def test_names_of_no_module(module: ModuleType) -> None:
    """Who tests or uses an API by the name of a module that is not imported is told; a route makes one."""
    for ask in (
        lambda: hug.test.get("tests_nowhere", "/x"),
        lambda: hug.test.sse("tests_nowhere", "/x"),
        lambda: hug.test.cli("command", api="tests_nowhere"),
        lambda: hug.use.Local("tests_nowhere"),
        lambda: hug.test.running("tests_nowhere").__enter__(),
    ):
        with pytest.raises(LookupError, match="no module 'tests_nowhere' is imported, so it has no API"):
            ask()
    hug.get("/x", api="tests_made")(lambda: "made")
    hug.get("/x", api=module)(lambda: "imported")
    assert hug.test.get("tests_made", "/x").data == "made"
    assert hug.test.get(module.__name__, "/x").data == "imported"
    assert hug.test.get("json.decoder", "/x").status == hug.HTTP_404


def test_given_later(module: ModuleType) -> None:
    """What is given to the API of a module that has one already counts, nothing is lost in silence."""
    hug.get("/x", api=module)(lambda a: a)
    assert hug.test.get(module, "/x?a=1,2").data == ["1", "2"]
    api = hug.API(module, name="Name", doc="Doc", cli_error_exit_codes=True, future=True)
    assert (api.name, api.doc, api.cli_error_exit_codes, api.future) == ("Name", "Doc", True, True)
    assert hug.test.get(module, "/x?a=1,2").data == "1,2"
    assert hug.API(module).future
    assert hug.API(module).name == "Name"


def test_words_about_it(module: ModuleType) -> None:
    """``doc`` is text, empty where neither the API nor its module says anything."""
    module.__doc__ = None
    assert hug.API(module).doc == hug.API().doc == ""
    assert hug.API(module, doc="Now it does.").doc == hug.API(module).doc == "Now it does."


def test_started(api: hug.API) -> None:
    """``started`` says whether the startup handlers have been called."""
    hug.get("/x", api=api)(lambda: api.started)
    assert not api.started
    assert hug.test.get(api, "/x").data is True
    assert api.started


def test_names_for_extensions(api: hug.API) -> None:
    """What extensions of hug 2 reach for behind its face is there: context, format, what answers 404."""
    api.context["a"] = 1
    api.http.output_format = hug.output_format.text
    hug.get("/x", api=api)(lambda: api.http._not_found)
    assert api._context == {"a": 1}
    assert api.http._output_format is hug.output_format.text
    assert hug.test.get(api, "/x").status == hug.HTTP_404


def test_of_an_object() -> None:
    """``hug.api.from_object`` gives the API of the module that a function, or a class, is from."""
    assert hug.api.from_object(test_of_an_object) is hug.API(__name__)


def test_what_answers_404(api: hug.API) -> None:
    """A function may return what answers for URLs that do not exist: with documentation, or bare."""
    hug.get("/page", api=api)(lambda: api.http.documentation_404())  # noqa: PLW0108
    hug.get("/bare", api=api)(lambda: api.http.base_404)
    page, bare = hug.test.get(api, "/page"), hug.test.get(api, "/bare")
    assert page.status == bare.status == hug.HTTP_404
    assert "documentation" in page.data
    assert bare.data == {"errors": {"404 Not Found": None}}


def test_versioned(api: hug.API) -> None:
    """``api.http.versioned`` has the functions of routes, by version and name."""

    @hug.get("/x", api=api, versions=(1, 2))
    def function():
        return 1

    @hug.get("/y", api=api)
    def other():
        return 1

    assert api.http.versioned == {
        1: {"function": function},
        2: {"function": function},
        None: {"other": other},
    }
    assert api.http.versions == {1, 2, None}
