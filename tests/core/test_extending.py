"""APIs that take over what others have: ``@hug.extend_api``, `API.extend`."""

import sys
from types import ModuleType
from typing import Any

import pytest

import hug


@pytest.fixture
def parent() -> hug.API:
    """An API that takes over another."""
    return hug.API()


@pytest.fixture
def child() -> hug.API:
    """An API that is taken over."""
    return hug.API()


def test_routes(parent: hug.API, child: hug.API) -> None:
    """Routes are there behind the prefix, in all their versions and with all their methods."""
    hug.get("/x", api=child)(lambda: "x")
    hug.get_post("/several", api=child, versions=(1, 2))(lambda hug_api_version: hug_api_version)
    hug.get("/", api=child)(lambda: "root")
    parent.extend(child, "/child")
    assert hug.test.get(parent, "/child/x").data == "x"
    assert hug.test.post(parent, "/v2/child/several").data == 2
    assert hug.test.get(parent, "/child").data == hug.test.get(parent, "/child/").data == "root"
    assert hug.test.get(parent, "/x").status == hug.HTTP_404
    assert hug.test.get(child, "/x").data == "x"


def test_modules() -> None:
    """The decorator takes what its function returns: APIs, modules, names, several or one."""
    names = ["tests_extended_one", "tests_extended_two"]
    for name in names:
        sys.modules[name] = ModuleType(name)
        hug.get(f"/{name}", api=name)(lambda name=name: name)
    try:
        parent = hug.API()
        hug.extend_api("/several", api=parent)(lambda: (sys.modules[names[0]], names[1]))
        hug.extend_api("/one", parent)(lambda: sys.modules[names[0]])
        hug.extend_api("/name", parent)(lambda: names[1])
        for url in (f"/several/{names[0]}", f"/several/{names[1]}", f"/one/{names[0]}", f"/name/{names[1]}"):
            assert hug.test.get(parent, url).data == url.rpartition("/")[2]
    finally:
        for name in names:
            del sys.modules[name]


def test_what_is_not_there(parent: hug.API) -> None:
    """The name of a module that is not imported is an error; a module without an API is a warning."""
    with pytest.raises(
        hug.exceptions.HugError, match="no module 'tests_nowhere' is imported, so it has no API"
    ):
        hug.extend_api(api=parent)(lambda: ["tests_nowhere"])
    empty = ModuleType("tests_empty")
    with pytest.warns(
        UserWarning, match="the module 'tests_empty' has no API: nothing is taken over"
    ) as told:
        hug.extend_api(api=parent)(lambda: [empty])
    assert told[0].filename == __file__


def test_base_url(parent: hug.API, child: hug.API) -> None:
    """What is taken over is behind the base URL of who takes it, or the one that is given."""
    child.http.base_url = "/child"
    function = hug.get("/x", api=child)(lambda: "x")
    parent.http.base_url = "/parent"
    parent.extend(child, "/a")
    parent.extend(child, "/b", base_url="/other")
    assert hug.test.get(parent, "/parent/a/x").data == "x"
    assert hug.test.get(parent, "/other/b/x").data == "x"
    assert hug.test.get(parent, "/child/x").status == hug.HTTP_404
    assert function.interface.http.urls() == ["/other/b/x"]


def test_answers_as_the_parent(parent: hug.API, child: hug.API) -> None:
    """What is taken over answers in the output format, with the contexts and the API of who has taken it."""
    ended = []
    hug.context_factory(api=parent)(lambda: "parent")
    hug.context_factory(api=child)(lambda: "child")
    hug.delete_context(api=parent)(lambda context: ended.append(context))  # noqa: PLW0108
    parent.http.output_format = hug.output_format.text
    parent.http.max_body = 5

    @hug.directive(api=child)
    def shared(context=None, **_):
        return context

    @hug.post("/x", api=child)
    def function(hug_api, hug_shared):
        return ["parent" if hug_api is parent else "child", hug_shared]

    parent.extend(child)
    answer = hug.test.post(parent, "/x")
    assert answer.data == "['parent', 'parent']"
    assert answer.content_type == "text/plain; charset=utf-8"
    assert ended == ["parent"]
    assert hug.test.post(parent, "/x", "too long").status_code == 413
    assert hug.test.post(child, "/x", "too long").data == ["child", "child"]
    assert function.interface.http.api is parent


def test_directives(parent: hug.API, child: hug.API) -> None:
    """The parent gets the directives that it lacks; a function keeps those that it was declared with."""
    hug.directive(api=parent)(named("shared", "parent's"))
    hug.directive(api=child)(named("shared", "child's"))
    hug.directive(api=child)(named("own", "child's own"))
    hug.get("/child", api=child)(lambda hug_shared, hug_own: [hug_shared, hug_own])
    parent.extend(child)
    hug.get("/parent", api=parent)(lambda hug_shared, hug_own: [hug_shared, hug_own])
    assert hug.test.get(parent, "/child").data == ["child's", "child's own"]
    assert hug.test.get(parent, "/parent").data == ["parent's", "child's own"]


def named(name: str, value: str) -> Any:
    def directive(**_: Any) -> str:
        return value

    directive.__name__ = name
    return directive


def test_sinks(parent: hug.API, child: hug.API) -> None:
    """Sinks are behind the prefix, too; the newest is tried first, and that is the one taken over last."""
    hug.sink("/all", api=child)(lambda path: ["child", path])
    hug.sink("/b/all", api=parent)(lambda path: ["parent", path])
    parent.extend(child, "/a")
    parent.extend(child, "/b")
    assert hug.test.get(parent, "/a/all/x").data == ["child", "/x"]
    assert hug.test.get(parent, "/b/all/x").data == ["child", "/x"]
    assert hug.test.get(parent, "/all/x").status == hug.HTTP_404


def test_what_the_parent_lacks(parent: hug.API, child: hug.API) -> None:
    """Handlers of exceptions and of 404, and input formats, are taken where there are none."""
    for api, name in ((parent, "parent"), (child, "child")):
        hug.exception(LookupError, api=api)(lambda name=name: name)
        api.http.set_input_format("text/plain", lambda body, name=name: name)
    hug.exception(ValueError, api=child)(lambda: "older")
    hug.exception(ValueError, api=child)(lambda hug_api: "newer" if hug_api is parent else "child's")
    hug.exception(ValueError, api=child, versions=1)(lambda: "version 1")
    hug.not_found(api=child)(lambda: "child's")
    hug.not_found(api=child, versions=1)(lambda: "child's 1")
    hug.not_found(api=parent)(lambda: "parent's")
    child.http.set_input_format("text/css", lambda body: "child")

    @hug.get("/{kind}", api=child)
    def function(kind):
        raise {"key": KeyError, "value": ValueError}[kind]

    hug.post("/body", api=child)(lambda body: body)
    parent.extend(child)
    assert hug.test.get(parent, "/key").data == "parent"
    assert hug.test.get(parent, "/value").data == "newer"
    assert hug.test.get(parent, "/v1/value").data == "version 1"
    assert hug.test.get(parent, "/a/b").data == "parent's"
    assert hug.test.get(parent, "/v1/a/b").data == "child's 1"
    for kind, read in (("text/plain", "parent"), ("text/css", "child")):
        assert hug.test.post(parent, "/body", "x", headers={"content-type": kind}).data == read


def test_middleware_and_handlers_of_life(parent: hug.API, child: hug.API) -> None:
    """Middleware, startup and shutdown handlers come after those of the parent; each once."""
    log: list[str] = []
    for api, name in ((parent, "parent"), (child, "child")):
        hug.request_middleware(api=api)(lambda request, response, name=name: log.append(name))
        hug.startup(api=api)(lambda api, name=name: log.append(f"start {name} {api is parent}"))
        hug.shutdown(api=api)(lambda name=name: log.append(f"stop {name}"))
    hug.get("/x", api=child)(lambda: "x")
    parent.extend(child, "/a")
    parent.extend(child, "/b")
    with hug.test.running(parent):
        hug.test.get(parent, "/a/x")
    # A default of a lambda is a parameter, too, and gets the API where it is the only one.
    assert log[:4] == ["start parent True", "start child True", "parent", "child"]
    assert len(log) == 6


def test_again_and_in_a_circle() -> None:
    """To take over the same again changes nothing; nor does anything come back to where it is from."""
    one, two, three = hug.API(), hug.API(), hug.API()
    hug.get("/one", api=one)(lambda: 1)
    hug.get("/two", api=two)(lambda: 2)
    hug.sink("/sink", api=two)(lambda: "sink")
    hug.exception(ValueError, api=two)(lambda: "handled")
    one.extend(one)
    for _ in range(2):
        one.extend(two, "/a")
        two.extend(three, "/b")
        three.extend(one, "/c")
    assert list(one.http.urls()) == ["/one", "/a/two"]
    assert list(three.http.urls()) == ["/c/one", "/c/a/two"]
    two.extend(three, "/b")
    two.extend(three, "/b")
    assert list(two.http.urls()) == ["/two", "/b/c/one"]
    assert list(two.http.sinks[""]) == ["/sink"]
    before = dict(one.http.routes[""]["/a/two"]["GET"])
    one.extend(two, "/a")
    assert one.http.routes[""]["/a/two"]["GET"] == before
    assert list(one.http.urls()) == ["/one", "/a/two"]
    assert len(one.http.exception_handlers()[ValueError]) == 1
    assert hug.test.get(two, "/b/c/one").data == 1


def test_later(parent: hug.API, child: hug.API) -> None:
    """What is added to the child afterwards does not follow, until it is taken over again."""
    parent.extend(child)
    hug.get("/later", api=child)(lambda: "later")
    assert hug.test.get(parent, "/later").status == hug.HTTP_404
    parent.extend(child)
    assert hug.test.get(parent, "/later").data == "later"


def test_parts(parent: hug.API, child: hug.API) -> None:
    """``http=False`` takes over no routes; what makes no sense is refused."""
    hug.get("/x", api=child)(lambda: "x")
    parent.extend(child, http=False)
    assert hug.test.get(parent, "/x").status == hug.HTTP_404
    with pytest.raises(ValueError, match="a prefix or become those of a command, not both"):
        parent.extend(child, command_prefix="a", sub_command="b")
    with pytest.raises(ValueError, match="must start with '/', not 'child'"):
        parent.extend(child, "child")


@pytest.mark.parametrize("shared", [False, True])
def test_streams(parent: hug.API, child: hug.API, shared: bool) -> None:
    """Event streams are taken over with their options, and are those of the parent."""

    @hug.sse("/x", api=child, shared=shared, heartbeat=7)
    async def ticks():
        yield "tick"

    parent.extend(child, "/child")
    with hug.test.sse(parent, "/child/x") as stream:
        assert next(stream).data == "tick"
    assert ticks.interface.http.api is parent
    assert ticks.interface.http.route["heartbeat"] == 7


def test_channels(parent: hug.API, child: hug.API) -> None:
    """A channel of the child is read through the parent, also if that has a broker of its own."""
    news = hug.sse.channel("tests.extending", api=child, history=5)
    hug.sse("/news", api=child)(lambda: news)
    parent.broker = "memory:"
    parent.extend(child)
    with hug.test.sse(parent, "/news") as stream:
        news.publish("one")
        assert next(stream).data == "one"
    news.close()


def test_redirects_within(parent: hug.API, child: hug.API) -> None:
    """A function that returns another endpoint of the child gets the answer of the parent."""
    parent.http.output_format = hug.output_format.text
    other = hug.get("/other", api=child)(lambda: {"a": 1})
    hug.get("/x", api=child)(lambda: other)
    hug.get("/missing", api=child)(lambda: child.http.not_found)
    parent.extend(child)
    assert hug.test.get(parent, "/x").data == "{'a': 1}"
    assert hug.test.get(parent, "/missing").status == hug.HTTP_404
    parent.http.output_format = hug.output_format.json
    hug.not_found(api=parent)(lambda: "lost")
    assert hug.test.get(parent, "/missing").data == "lost"


def test_documentation(parent: hug.API, child: hug.API) -> None:
    """What is taken over is documented where it answers."""
    hug.get("/x", api=child, examples="a=1")(lambda a: a)
    parent.extend(child, "/child")
    handlers = parent.http.documentation()["handlers"]
    assert handlers["/child/x"]["GET"]["examples"] == ["/child/x?a=1"]


def test_commands(parent: hug.API, child: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """Commands are taken over under their names, with a prefix, or as those of another command."""
    hug.cli(api=child)(named("mine", "done"))
    parent.extend(child, "/a")
    hug.extend_api("/b", api=parent, command_prefix="my_")(lambda: child)
    hug.extend_api("/c", api=parent, sub_command="child")(lambda: child)
    for words in (["mine"], ["my_mine"], ["child", "mine"]):
        parent.cli(["program", *words])
        assert capsys.readouterr().out == "done\n"
    without = hug.API()
    without.extend(child, cli=False)
    assert not without.cli.commands
