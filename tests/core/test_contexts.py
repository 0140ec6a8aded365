"""The context of a call: ``@hug.context_factory``, ``@hug.delete_context``."""

import asyncio
import threading
from typing import Any

import pytest

import hug


class Calls:
    """The contexts of an API, and what became of them."""

    def __init__(self, api: hug.API, asynchronous: bool = False) -> None:
        self.made: list[dict[str, Any]] = []
        self.ended: list[tuple[Any, Any, Any, Any]] = []
        self.threads: list[threading.Thread] = []

        def make(request, response, api, api_version, interface):
            self.threads.append(threading.current_thread())
            made = {"path": request.path, "version": api_version, "number": len(self.made)}
            self.made.append(made)
            return made

        def end(context, exception=None, errors=None, lacks_requirement=None):
            self.threads.append(threading.current_thread())
            self.ended.append((context, exception, errors, lacks_requirement))

        async def make_later(request, api_version, **_):
            await asyncio.sleep(0)
            return make(request, None, None, api_version, None)

        async def end_later(context, **kwargs):
            await asyncio.sleep(0)
            end(context, **kwargs)

        hug.context_factory(api=api)(make_later if asynchronous else make)
        hug.delete_context(api=api)(end_later if asynchronous else end)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("inline", [False, True])
def test_once_a_call(api: hug.API, asynchronous: bool, inline: bool) -> None:
    """Each call has a context of its own, which all its parts share, and which is taken down once."""
    calls = Calls(api, asynchronous)
    api.http.inline = inline

    def requirement(context):
        context["required"] = True

    @hug.directive(api=api)
    def shared(context=None, **_):
        return dict(context)

    @hug.get("/x", api=api, requires=requirement)
    def function(hug_shared):
        return hug_shared

    @hug.get("/later", api=api)
    async def later(hug_shared):
        return hug_shared

    expected = {"path": "/x", "version": 1, "number": 0, "required": True}
    assert hug.test.get(api, "/v1/x").data == {**expected, "path": "/v1/x"}
    assert hug.test.get(api, "/later").data == {"path": "/later", "version": None, "number": 1}
    assert calls.ended == [(context, None, None, None) for context in calls.made]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_failures(api: hug.API, asynchronous: bool) -> None:
    """It is told what went wrong: the exception, errors of arguments, a requirement that is not met."""
    calls = Calls(api, asynchronous)
    error = ValueError("mine")

    @hug.get("/raises", api=api)
    def raises():
        raise error

    hug.get("/invalid", api=api)(lambda a: a)
    hug.get("/unmet", api=api, requires=lambda: "not you")(lambda: "never")
    with pytest.raises(ValueError, match="mine"):
        hug.test.get(api, "/raises")
    hug.test.get(api, "/invalid")
    hug.test.get(api, "/unmet")
    assert [each[1:] for each in calls.ended] == [
        (error, None, None),
        (None, {"a": "Required parameter 'a' not supplied"}, None),
        (None, None, "not you"),
    ]


def test_handler_of_exceptions(api: hug.API) -> None:
    """A handler of exceptions is another call, after the context of the first has been taken down."""
    calls = Calls(api)
    log: list[str] = []

    @hug.exception(ValueError, api=api)
    def handler():
        log.append(f"{len(calls.ended)} ended")
        return "handled"

    @hug.get("/x", api=api)
    def function():
        raise ValueError

    assert hug.test.get(api, "/x").data == "handled"
    assert log == ["1 ended"]
    assert [type(each[1]) for each in calls.ended] == [ValueError, type(None)]
    assert [each[0]["number"] for each in calls.ended] == [0, 1]


def test_cleanup_that_fails(api: hug.API) -> None:
    """A directive whose ``cleanup`` fails does not keep the context from being taken down."""
    calls = Calls(api)

    class Fails:
        def cleanup(self, exception=None):
            raise ValueError("cleanup")

    @hug.directive(api=api)
    def fails(**_):
        return Fails()

    hug.get("/x", api=api)(lambda hug_fails: "x")
    with pytest.raises(ValueError, match="cleanup"):
        hug.test.get(api, "/x")
    assert len(calls.ended) == 1


@pytest.mark.parametrize("handler", ["sync", "async", "generator", "immediate"])
def test_streams(api: hug.API, handler: str) -> None:
    """The call of an event stream is over when its source has been closed: the client has left, say."""
    calls = Calls(api)
    log: list[str] = []

    async def source():
        try:
            yield "one"
            await asyncio.Event().wait()
        finally:
            log.append(f"{len(calls.ended)} ended")

    async def later():
        return source()

    functions = {"sync": lambda a=1: source(), "async": later, "generator": source, "immediate": source}
    hug.sse("/x", api=api, **({} if handler == "immediate" else {"requires": lambda: None}))(
        functions[handler]
    )
    with hug.test.sse(api, "/x") as stream:
        assert next(stream).data == "one"
        assert calls.ended == []
    assert log == ["0 ended"]
    assert calls.ended == [(calls.made[0], None, None, None)]


def test_a_stream_that_never_begins(api: hug.API) -> None:
    """A stream that is refused, empty, or lost on its way has a context that is taken down, too."""
    calls = Calls(api)
    hug.sse("/none", api=api)(lambda: None)
    hug.sse("/invalid", api=api)(lambda a: iter([a]))
    hug.sse("/head", api=api)(lambda: iter("x"))

    @hug.response_middleware(api=api)
    def process(request, response, resource):
        if "fail" in request.params:
            raise hug.HTTPConflict("Conflict", "on its way")

    assert hug.test.get(api, "/none").status == hug.HTTP_204
    assert hug.test.get(api, "/invalid").status == hug.HTTP_400
    assert hug.test.head(api, "/head").status == hug.HTTP_200
    assert hug.test.get(api, "/head?fail=1").status == hug.HTTP_409
    assert [context for context, *_ in calls.ended] == calls.made
    assert len(calls.made) == 4


def test_threads(api: hug.API) -> None:
    """Sync factories run off the event loop; in the handler's thread, if that has one."""
    calls = Calls(api)
    places: list[threading.Thread] = []

    @hug.get("/later", api=api)
    async def later():
        places.append(threading.current_thread())

    @hug.get("/x", api=api)
    def function():
        places.append(threading.current_thread())

    hug.test.get(api, "/later")
    assert places[0] not in calls.threads
    calls.threads.clear()
    hug.test.get(api, "/x")
    assert set(calls.threads) == {places[1]}


def test_globally(api: hug.API, monkeypatch: pytest.MonkeyPatch) -> None:
    """Applied globally they serve every API that has none of its own."""
    monkeypatch.setattr(hug.defaults, "context_factory", hug.defaults.context_factory)
    monkeypatch.setattr(hug.defaults, "delete_context", hug.defaults.delete_context)
    ended: list[Any] = []
    hug.context_factory(apply_globally=True)(lambda: "global")
    hug.delete_context(apply_globally=True)(lambda context: ended.append(context))  # noqa: PLW0108
    own = hug.API()
    hug.context_factory(api=own)(lambda: "own")
    for each in (api, own):
        hug.get("/x", api=each)(lambda: "x")
        hug.test.get(each, "/x")
    assert ended == ["global", "own"]


def test_factory_that_fails(api: hug.API) -> None:
    """A factory that fails fails the call: the function is not called, there is nothing to take down."""
    ended: list[Any] = []

    @hug.context_factory(api=api)
    def make():
        raise ValueError("no database")

    hug.delete_context(api=api)(lambda context: ended.append(context))  # noqa: PLW0108
    hug.exception(LookupError, api=api)(lambda: "never")
    hug.get("/x", api=api)(lambda: pytest.fail("called"))
    with pytest.raises(ValueError, match="no database"):
        hug.test.get(api, "/x")
    assert not ended
