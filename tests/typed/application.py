"""An application of a user who has every name checked."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Annotated, Any, assert_type
from uuid import UUID

import hug

api = hug.API(__name__)
assert_type(api, hug.API)
api.sse.heartbeat = 10
api.http.inline = True

assert_type(hug.sse.limits.sync_sources, int)
hug.sse.limits.sync_sources = 2000

news = hug.sse.channel("news of an application", history=1000, max_age=None, on_gap="disconnect")
assert_type(news, hug.sse.Channel)


# Endpoints


@hug.get("/add")
def add(a: hug.types.number, b: hug.types.number = 1) -> int:
    assert_type(a, int)
    return a + b


assert_type(add(1, b=2), int)


@hug.post("/notes", status=hug.HTTP_201, requires=[])
async def note(text: hug.types.text, tags: list[str] | None = None) -> dict[str, Any]:
    assert_type(text, str)
    if not text:
        raise hug.HTTPBadRequest(title="Empty")
    return {"text": text.upper(), "tags": tags or []}


converted: dict[str, Any] = {}


@hug.get()
def everything(
    boolean: hug.types.boolean,
    comma_separated_list: hug.types.comma_separated_list,
    decimal: hug.types.decimal,
    float_number: hug.types.float_number,
    inline_dictionary: hug.types.inline_dictionary,
    json: hug.types.json,
    multiple: hug.types.multiple,
    number: hug.types.number,
    smart_boolean: hug.types.smart_boolean,
    text: hug.types.text,
    uuid: hug.types.uuid,
    limited: Annotated[int, hug.types.in_range(1, 5)] = 1,
    short: Annotated[str, hug.types.shorter_than(5)] = "",
    one: Annotated[str, hug.types.one_of(("a", "b"))] = "a",
    either: Annotated[int | str, hug.types.multi(hug.types.number, hug.types.text)] = 1,
    parts: Annotated[list[str], hug.types.delimited_list(";")] = [],  # noqa: B006
    hug_last_event_id: str | None = None,
) -> list[object]:
    assert_type(boolean, bool)
    assert_type(comma_separated_list, list[str])
    assert_type(decimal, Decimal)
    assert_type(float_number, float)
    assert_type(inline_dictionary, dict[str, str])
    assert_type(json, Any)
    assert_type(multiple, list[Any])
    assert_type(number, int)
    assert_type(smart_boolean, bool)
    assert_type(text, str)
    assert_type(uuid, UUID)
    assert_type(limited, int)
    converted.update(locals())
    return [limited, short, one, either, parts, hug_last_event_id]


@hug.post()
def upload(file: hug.types.file) -> int:
    assert_type(file.read(), bytes)
    return file.size


@hug.type(extend=hug.types.number)
def even(value: int) -> int:
    """An even number"""
    if value % 2:
        raise ValueError("not even")
    return value


@hug.type(extend=hug.types.in_range(1, 5))
def small(value: int) -> int:
    """A small number"""
    return value


@hug.put("/half/{number}")
def half(number: Annotated[int, even], request: hug.Request, response: hug.Response) -> int:
    response.set_header("x-path", request.path)
    return number // 2


@hug.object.urls("/things")
class Things:
    @hug.object.get()
    def all(self) -> list[int]:
        return [1]

    @hug.object.sse("events")
    def events(self) -> Iterator[hug.sse.Event]:
        yield hug.sse.event(1)


assert_type(Things().all(), list[int])

routes = hug.route.API(__name__)


@routes.get("/sum")
def total(numbers: hug.types.multiple) -> int:
    return sum(numbers)


assert_type(total([1]), int)


# Every decorator keeps the type of what it decorates


@hug.put("/generated", examples=["n=1"], private=True, versions=(1, 2))
async def generated(n: int = 1) -> AsyncIterator[int]:
    for each in range(n):
        yield each


assert_type(generated(2), AsyncIterator[int])


@hug.get_post("/lines").cache(max_age=60).requires([])
def lines() -> Iterator[str]:
    yield "a"


assert_type(lines(), Iterator[str])


@hug.cli(version="1.0")
def command(name: hug.types.text, loud: bool = False) -> str:
    return name.upper() if loud else name


assert_type(command("x", loud=True), str)


@hug.local(version=1)
def called(number: hug.types.number) -> int:
    return number


assert_type(called(1), int)


@hug.static("/static", cache=60)
def folders() -> list[str]:
    return ["/nowhere"]


assert_type(folders(), list[str])


@hug.get("/whose")
def whose(request: hug.Request, response: hug.Response) -> str:
    users = {"ann": [1]}
    numbers = users[request.context["user"]]
    assert_type(request.context.get("user"), Any)
    assert_type(request.context.user, Any)
    response.context["numbers"] = numbers
    return str(response.context["numbers"][0] + numbers[0])


@hug.sink("/all")
def everything_else(request: hug.Request) -> str:
    return request.path


@hug.exception(ZeroDivisionError)
async def handle(exception: ZeroDivisionError, response: hug.Response) -> str:
    response.status = hug.HTTP_400
    return str(exception)


@hug.not_found()
def nowhere() -> str:
    return "nowhere"


assert_type(nowhere(), str)


@hug.startup()
async def start(api: hug.API) -> None:
    api.context["ready"] = True


@hug.shutdown()
def stop(api: hug.API) -> None:
    api.context.clear()


@hug.context_factory()
def make_context(**_kwargs: object) -> dict[str, int]:
    return {"count": 1}


@hug.delete_context()
def drop_context(context: dict[str, int]) -> None:
    context.clear()


assert_type(make_context(), dict[str, int])


@hug.request_middleware()
def look(request: hug.Request, response: hug.Response) -> None:
    response.set_header("X-Path", request.path)


@hug.directive()
def answer(default: int = 42) -> int:
    return default


assert_type(answer(), int)


def is_known(name: str, password: str) -> str | None:
    return name if password == "secret" else None


@hug.get("/me", requires=hug.authentication.basic(is_known))
def me(hug_user: str | None = None) -> str | None:
    return hug_user


api.http.add_middleware(hug.middleware.CORSMiddleware(api, allow_origins=["https://example.com"]))
document: dict[str, Any] = api.http.openapi()


# Streams


@hug.sse("/ticks", versions=None, examples="n=3")
async def ticks(n: hug.types.number = 3) -> AsyncIterator[hug.sse.Event | None]:
    for each in range(n):
        yield hug.sse.event({"n": each}, event="tick", id=each)
        await asyncio.sleep(1)
        yield None


assert_type(ticks(3), AsyncIterator[hug.sse.Event | None])


def is_allowed(request: hug.Request) -> bool:
    return request.path != "/"


@hug.sse("/clock", shared=True, linger=5, heartbeat=None, retry=1000).requires(is_allowed)
def clock() -> Iterator[str]:
    while hug.sse.listening():
        yield time.strftime("%X")
        time.sleep(1)


@hug.sse("/wrapped")
def wrapped(hug_last_event_id: str | None = None) -> hug.sse.EventStream | None:
    if hug_last_event_id == "2":
        return None
    return hug.sse.events((hug.sse.event(n, id=n) for n in range(3)), heartbeat=None, retry=100)


# Channels


def is_urgent(message: hug.sse.Message) -> bool:
    return message.event == "urgent" and bool(message.json())


@hug.post("/news")
async def publish(headline: hug.types.text) -> str:
    publication: hug.sse.Publication = news.publish({"headline": headline}, event="headline")
    assert_type(await publication, str)
    return publication.id


@hug.sse("/news")
def stream() -> hug.sse.Channel:
    return news


@hug.sse("/urgent")
def urgent() -> hug.sse.FilteredChannel:
    return news.where(is_urgent).where(lambda message: message.data != "")


@hug.sse("/both")
def both() -> hug.sse.EventStream:
    return hug.sse.events(news, routes.sse.channel("alerts", history=5), since="start")


@routes.sse("/own")
def own() -> hug.sse.Channel:
    return routes.sse.channel("own")


# Mistakes that a type checker finds; one that it does not find makes the comment an error


def mistaken() -> None:
    add(1, b="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    hug.API(name=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    news.publish("x", id=b"")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    hug.get("/", output=hug.output_format.jsn)  # type: ignore[attr-defined]  # pyright: ignore


# Tests


def test_ticks() -> None:
    with hug.test.sse(api, "/ticks", n=1) as opened:
        message = next(opened)
        assert_type(message, hug.sse.Message)
        assert message.json() == {"n": 0}
    assert hug.test.get(api, "/add", a=1).status == hug.HTTP_200


if __name__ == "__main__":
    api.http.serve(port=8001)
