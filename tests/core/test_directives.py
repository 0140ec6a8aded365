"""Values that hug makes for parameters."""

import time

import pytest

import hug


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
    assert int(hug.directives.Timer()) == 0


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
    """A parameter called ``hug_`` something that no directive has is an ordinary one."""

    @hug.get("/x", api=api)
    def handler(hug_nothing=1):
        return hug_nothing

    assert hug.test.get(api, "/x?hug_nothing=2").data == "2"


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
