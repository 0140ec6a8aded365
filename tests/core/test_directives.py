"""Values that hug makes for parameters."""

import asyncio
import contextlib
import time
import warnings

import pytest

import hug

from ..waiting import until


def test_timer(api: hug.API) -> None:
    """hug_timer tells the seconds since the call began, rounded to its default's digits."""

    @hug.get("/x", api=api)
    def handler(hug_timer=3):
        before = float(hug_timer)
        time.sleep(0.002)
        return [before, hug_timer]

    before, after = hug.test.get(api, "/x").data
    assert 0 <= before < after
    assert round(after, 3) == after
    timer = hug.directives.Timer(1)
    assert (int(timer), str(timer)) == (0, "0.0")


def test_by_name_and_annotation(api: hug.API) -> None:
    """A directive is asked for as ``hug_<name>`` or by annotation, and gets the default and what it names."""

    @hug.directive(api=api)
    def where(default=None, request=None, **everything):
        return [default, request.path, sorted(everything)]

    @hug.get("/x", api=api)
    def handler(other: where, hug_where="mine"):
        return [hug_where, other]

    everything = ["api", "api_version", "context", "interface", "response"]
    expected = [["mine", "/x", everything], [None, "/x", everything]]
    assert hug.test.get(api, "/x?hug_where=forged&other=forged").data == expected


def test_only_where_it_is_known(api: hug.API) -> None:
    """A parameter called ``hug_`` something that no directive has is an ordinary one, and so a warning."""

    @hug.get("/x", api=api)
    def handler(hug_nothing=1):
        return hug_nothing

    with pytest.warns(
        UserWarning, match="handler has a parameter 'hug_nothing' .* no such directive. If it is"
    ):
        assert hug.test.get(api, "/x?hug_nothing=2").data == "2"


def test_by_name_alone(api: hug.API) -> None:
    """``api.directive`` finds one without ``hug_``, too; a parameter called so is an ordinary one."""

    @hug.get("/x", api=api)
    def handler(timer, user="nobody"):
        return [timer, user]

    assert hug.test.get(api, "/x?timer=1").data == ["1", "nobody"]
    assert api.directive("timer") is api.directive("hug_timer") is hug.directives.Timer
    assert api.directive("nothing", 1) == 1


def test_globally() -> None:
    """``apply_globally`` makes it known in every API."""

    @hug.directive(apply_globally=True)
    def everywhere():
        return "here"

    try:
        api = hug.API()

        @hug.get("/x", api=api)
        def handler(hug_everywhere):
            return hug_everywhere

        assert hug.test.get(api, "/x").data == "here"
    finally:
        del hug.defaults.directives["everywhere"]


@pytest.mark.parametrize("asynchronous", [True, False])
def test_cleanup(api: hug.API, asynchronous: bool) -> None:
    """``cleanup`` is called when the response is complete, the newest first, with the exception if any."""
    order = []

    @hug.directive(api=api)
    class Session:
        def __init__(self, name="first") -> None:
            self.name = name

        async def cleanup(self, exception) -> None:
            order.append((self.name, repr(exception)))

        def __native_types__(self):
            assert order == []  # it is still needed to write the response
            return self.name

    async def on_loop(a: Session, b: Session = "second", fail=None):
        if fail:
            raise KeyError(fail)
        return [a, b]

    def in_thread(a: Session, b: Session = "second", fail=None):
        if fail:
            raise KeyError(fail)
        return [a, b]

    hug.get("/x", api=api)(on_loop if asynchronous else in_thread)
    assert hug.test.get(api, "/x").data == ["first", "second"]
    assert order == [("second", "None"), ("first", "None")]
    order.clear()
    with pytest.raises(KeyError):
        hug.test.get(api, "/x?fail=1")
    assert order == [("second", "KeyError('1')"), ("first", "KeyError('1')")]


@pytest.mark.parametrize("asynchronous", [True, False])
def test_cleanup_that_fails(api: hug.API, asynchronous: bool) -> None:
    """A ``cleanup`` that fails keeps neither the other directives nor the context from theirs."""
    order = []

    class Fragile:
        def __init__(self, name) -> None:
            self.name = name

        def cleanup(self, exception) -> None:
            order.append(self.name)
            raise ValueError(self.name)

    hug.directives.mark(Fragile)

    @hug.delete_context(api=api)
    def delete(context) -> None:
        order.append("context")

    async def on_loop(a: Fragile = "a", b: Fragile = "b"):
        return 1

    def in_thread(a: Fragile = "a", b: Fragile = "b"):
        return 1

    hug.get("/x", api=api)(on_loop if asynchronous else in_thread)
    with pytest.raises(ValueError, match="a"):
        hug.test.get(api, "/x")
    assert order == ["b", "a", "context"]


def test_built_in(api: hug.API) -> None:
    """module, api, api_version, user, session and documentation give what they are called."""

    @hug.request_middleware(api=api)
    def log_in(request, response):
        request.context["user"] = "me"
        request.context["session"] = {"a": 1}

    @hug.get("/x", api=api)
    def handler(
        hug_api, hug_module, hug_api_version, hug_documentation, user: hug.directives.user, hug_session
    ):
        assert hug_api is api
        return [hug_module, hug_api_version, list(hug_documentation["handlers"]), user, hug_session]

    assert hug.test.get(api, "/v2/x").data == [None, 2, ["/x"], "me", {"a": 1}]


def test_async_directive(api: hug.API) -> None:
    """A directive may be a coroutine function, for sync functions, too."""

    @hug.directive(api=api)
    async def answer():
        return 42

    @hug.get("/x", api=api)
    def handler(hug_answer):
        return hug_answer

    assert hug.test.get(api, "/x").data == 42


@pytest.mark.parametrize("ending", ["ends", "fails", "left"])
@pytest.mark.parametrize("handler", ["sync generator", "async generator", "sync", "async"])
@pytest.mark.parametrize("asynchronous", [True, False])
def test_cleanup_of_streams(api: hug.API, ending: str, handler: str, asynchronous: bool) -> None:
    """``cleanup`` is called when a stream has ended, however it does, after its source is closed."""
    log = []

    class Resource:
        def cleanup(self, exception=None):
            log.append("cleanup")

    class AsyncResource:
        async def cleanup(self, exception=None):
            await asyncio.sleep(0)
            log.append("cleanup")

    async def directive():
        await asyncio.sleep(0)
        return AsyncResource()

    resource = hug.directives.mark(directive if asynchronous else Resource)

    def source():
        try:
            yield "event"
            assert log == []
            if ending == "fails":
                raise ZeroDivisionError
            if ending == "left":
                yield None
                yield from iter(lambda: time.sleep(0.01), 0)
        finally:
            log.append("closed")

    async def async_source():
        try:
            yield "event"
            assert log == []
            if ending == "fails":
                raise ZeroDivisionError
            if ending == "left":
                await asyncio.Event().wait()
        finally:
            log.append("closed")

    def sync_generator(it: resource):
        yield from source()

    async def async_generator(it: resource):
        async with contextlib.aclosing(async_source()) as events:
            async for event in events:
                yield event

    def sync(it: resource):
        return source()

    async def on_loop(it: resource):
        return async_source()

    handlers = {
        "sync generator": sync_generator,
        "async generator": async_generator,
        "sync": sync,
        "async": on_loop,
    }
    hug.sse("/stream", api=api)(handlers[handler])
    with hug.test.sse(api, "/stream") as stream:
        assert next(stream).data == "event"
        if ending == "ends":
            assert next(stream, None) is None
    until(lambda: log == ["closed", "cleanup"])


@pytest.mark.parametrize("path", ["/sync", "/async", "/stream"])
def test_async_requirements(api: hug.API, path: str) -> None:
    """A requirement may be a coroutine function, for functions of every kind; it runs on the event loop."""

    async def admits(request):
        asyncio.get_running_loop()
        await asyncio.sleep(0)
        return request.get_header("x") == "y"

    async def asynchronous():
        return "in"

    hug.get("/sync", api=api, requires=admits)(lambda: "in")
    hug.get("/async", api=api, requires=admits)(asynchronous)
    hug.sse("/stream", api=api, requires=admits)(lambda: ["in"])
    for headers, status in (({}, hug.HTTP_403), ({"x": "y"}, hug.HTTP_200)):
        with hug.test.sse(api, path, headers=headers) as answer:
            assert answer.status == status


@pytest.mark.parametrize(
    ("name", "meant"), [("hug_usr", "hug_user"), ("hug_timers", "hug_timer"), ("hug_whre", "hug_where")]
)
def test_misspelt(api: hug.API, name: str, meant: str) -> None:
    """A parameter that looks like a directive, and is filled by clients, is told with its place."""

    @hug.directive(api=api)
    def where(**_):
        return 1

    names: dict = {}
    exec(f"def function(a=None, {name}=None):\n    return {name}", {"__name__": "elsewhere"}, names)
    hug.get("/x", api=api)(names["function"])
    hug.sink("/y", api=api)(names["function"])
    why = rf"^function has a parameter '{name}' that clients fill: .* no such directive, is it '{meant}' that"
    with pytest.warns(UserWarning, match=why) as told:
        assert hug.test.get(api, "/x", **{name: "client"}).data == "client"
    assert {(each.filename, each.lineno) for each in told} == {("<string>", 1)}


def test_declared_too_late(api: hug.API) -> None:
    """A directive does not serve functions before it, as in hug 2; those that look as if are told."""

    @hug.get("/x", api=api)
    def function(hug_late=None):
        return hug_late

    @hug.directive(api=api)
    def late(**_):
        return "directive"

    with pytest.warns(UserWarning, match="'hug_late' .* declared after the function"):
        assert hug.test.get(api, "/x").data is None


def test_not_misspelt(api: hug.API) -> None:
    """Nothing is said of directives, those of an API that takes over, and names meant for clients."""
    parent = hug.API()

    @hug.directive(api=parent)
    def theirs(default=None):
        return "theirs"

    hug.get("/x", api=api)(lambda hug_theirs=None, hug_timer=3: hug_theirs)
    hug.get("/y/{hug_field}", api=parent)(lambda hug_field: hug_field)
    hug.get("/z", api=parent, map_params={"hug_outside": "own", "usr": "hug_usr"})(
        lambda own=None, hug_usr=None: [own, hug_usr]
    )
    parent.extend(api)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hug.test.get(parent, "/x").data == "theirs"
        assert hug.test.get(parent, "/y/1").data == "1"
        assert hug.test.get(parent, "/z?hug_outside=1&usr=2").data == ["1", "2"]
