"""Requirements of routes that take forms with files: asked before anything is read."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

import hug
from hug.input_format.form_data import FormParser
from hug.web.uploads import IN_A_ROW, Form

from .test_requests_of_falcon_2 import ask
from .test_uploads import BOUNDARY, KIND, form

BODY = form(("file", b"x" * 100, "f", None))


class Asked:
    """A route that takes a file, and what has happened to it in order."""

    def __init__(self, api: hug.API, kind: str) -> None:
        self.api = api
        self.happened: list[object] = []
        self.verdict: object = True
        self.events = [
            {"type": "http.request", "body": BODY[:50], "more_body": True},
            {"type": "http.request", "body": BODY[50:], "more_body": False},
        ]

        @hug.context_factory(api=api)
        def make():
            self.happened.append("made")
            return {}

        @hug.delete_context(api=api)
        def delete(context, exception=None, lacks_requirement=None):
            self.happened.append(("deleted", context, type(exception).__name__, lacks_requirement))

        @hug.directive(api=api)
        def shared(context=None, **_offered):
            return context

        def ask_sync(context):
            self.happened.append(("asked", len(self.events)))
            context["who"] = "me"
            if isinstance(self.verdict, Exception):
                raise self.verdict
            return self.verdict

        async def ask_async(context):
            await asyncio.sleep(0)
            return ask_sync(context)

        def called(file: hug.UploadedFile, hug_shared):
            self.happened.append("called")
            return [file.size, hug_shared]

        async def called_async(file: hug.UploadedFile, hug_shared):
            return called(file, hug_shared)

        hug.post("/x", api=api, requires=ask_async if "asks" in kind else ask_sync)(
            called_async if "async" in kind else called
        )

    def send(self):
        headers = [("Content-Type", KIND), ("Content-Length", str(len(BODY)))]
        status, _, body = ask(self.api, "/x", headers=headers, events=self.events)
        return status, json.loads(body)


@pytest.fixture(params=["sync", "async", "sync asks", "async asks", "inline"])
def asked(request: pytest.FixtureRequest, api: hug.API) -> Asked:
    api.http.inline = request.param == "inline"
    return Asked(api, request.param)


def test_let_in(asked: Asked) -> None:
    """Who is let in is asked once, before the first byte, and the function has the same context."""
    assert asked.send() == (200, [100, {"who": "me"}])
    assert asked.happened == [
        "made", ("asked", 2), "called", ("deleted", {"who": "me"}, "NoneType", None),
    ]  # fmt: skip


@pytest.mark.parametrize("verdict", [False, hug.HTTPForbidden(), hug.HTTPUnauthorized("Log in")])
def test_kept_out(asked: Asked, verdict: object) -> None:
    """Of who is not let in no byte is read, and the context is deleted, once."""
    asked.verdict = verdict
    assert asked.send()[0] in {401, 403}
    kind = "HTTPForbidden" if verdict is False else type(verdict).__name__
    assert asked.happened == ["made", ("asked", 2), ("deleted", {"who": "me"}, kind, None)]
    assert len(asked.events) == 2


def test_answered(asked: Asked) -> None:
    """A requirement's own answer is given instead, and nothing is read for it."""
    asked.verdict = ["come", "later"]
    assert asked.send() == (200, ["come", "later"])
    deleted = ("deleted", {"who": "me"}, "NoneType", ["come", "later"])
    assert asked.happened == ["made", ("asked", 2), deleted]
    assert len(asked.events) == 2


def test_torn(asked: Asked) -> None:
    """Where the form does not come to its end the context is deleted, with the error."""
    asked.events[1] = {"type": "http.disconnect"}
    assert asked.send()[0] == 400
    deleted = ("deleted", {"who": "me"}, "HTTPBadRequest", None)
    assert asked.happened == ["made", ("asked", 2), deleted]


def test_looking_at_the_stream(api: hug.API) -> None:
    """A requirement of a sync function that asks for the stream takes nothing from the form."""

    @hug.post("/x", api=api, requires=lambda request: request.stream is not None)
    def size(file: hug.UploadedFile):
        return file.size

    assert hug.test.post(api, "/x", body=BODY, headers={"content-type": KIND}).data == 100


@pytest.mark.parametrize("size", [0, 10, -1])
def test_reading_the_stream(api: hug.API, size: int) -> None:
    """What an async requirement reads of the body the form has all the same."""
    seen = []

    async def signed(request):
        seen.append(await (request.stream.read(size) if size else request.get_media()))

    @hug.post("/x", api=api, requires=signed)
    async def length(file: hug.UploadedFile):
        return file.size

    events = [
        {"type": "http.request", "body": BODY[:50], "more_body": True},
        {"type": "http.request", "body": BODY[50:], "more_body": False},
    ]
    headers = [("Content-Type", KIND), ("Content-Length", str(len(BODY)))]
    assert ask(api, "/x", headers=headers, events=[*events])[::2] == (200, b"100")
    if size:
        assert seen == [BODY if size < 0 else BODY[:size]]
    api.http.max_body = 60
    if size < 0:
        assert ask(api, "/x", headers=headers, events=[*events])[0] == 413
        assert ask(api, "/x", headers=headers[:1], events=[*events])[0] == 413


@pytest.mark.parametrize("asked_first", [True, False])
def test_no_context(api: hug.API, asked_first: bool) -> None:
    """Where no context can be made the form's file is closed at once, though its exception is kept."""
    seen = []

    @hug.context_factory(api=api)
    def make(request):
        seen.append(request)
        raise LookupError

    @hug.post("/x", api=api, requires=(lambda: True) if asked_first else ())
    def size(file: hug.UploadedFile):
        return file.size

    with pytest.raises(LookupError):
        hug.test.post(api, "/x", body=form(("f", b"x" * 100_000, "f", None)), headers={"content-type": KIND})
    (request,) = seen
    assert request.form is None if asked_first else request.form._spool.closed


def test_others_go_on() -> None:
    """A form of many parts that are there at once lets the event loop go on while it is read."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def at_once() -> AsyncIterator[bytes]:
        yield form(*[("a", "1")] * 5000)

    async def main() -> None:
        counting = asyncio.create_task(count())
        await Form(1_000_000).read(at_once(), FormParser(BOUNDARY, 10_000), "utf-8")
        counting.cancel()

    asyncio.run(main())
    assert turns >= 3 * 5000 // IN_A_ROW


def test_empty_pieces(api: hug.API) -> None:
    """A server that gives empty pieces without end, and without waiting, keeps nobody: the answer is 408."""

    class Endless(list):
        def pop(self, _at: int = 0):
            return {"type": "http.request", "body": b"", "more_body": True}

    @hug.post("/x", api=api)
    async def handler(body):
        return body

    api.http.body_timeout = 0.05
    for kind in ("application/json", KIND):
        headers = [("Content-Type", kind), ("Content-Length", "9")]
        assert ask(api, "/x", headers=headers, events=Endless([1]))[0] == 408
