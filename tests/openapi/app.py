"""An application with everything that a document of OpenAPI can tell of, and of use to nobody."""

import dataclasses
import datetime as dt
import decimal
import enum
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import msgspec
import pydantic

import hug

__version__ = "1.2.3"

api = hug.API(__name__)


class Colour(enum.Enum):
    """A colour"""

    RED = "red"
    GREEN = "green"


@dataclasses.dataclass
class Point:
    """A place on a plane"""

    x: int
    y: int = 0


class Order(msgspec.Struct):
    """What somebody wants"""

    item: str
    count: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    colour: Colour = Colour.RED
    at: Point | None = None


class Reading(TypedDict):
    celsius: float


class Account(pydantic.BaseModel):
    name: str
    friends: list["Account"] = []


class Pair(NamedTuple):
    left: int
    right: int = 0


@hug.type(extend=hug.types.number)
def even(value):
    """An even number"""
    if value % 2:
        raise ValueError("not even")
    return value


def is_known(name, password):
    return name if password == "secret" else False


by_password = hug.authentication.basic(is_known)
by_key = hug.authentication.api_key(lambda key: key == "key")
by_cookie = hug.authentication.cookie("sid", lambda value: value == "1")
by_bearer = hug.authentication.bearer(lambda token: token == "token")


def only_here(request):
    """Only from this machine"""
    return request.remote_addr == "127.0.0.1"


@hug.get("/types", examples="number=3&text=a")
def types(
    text: hug.types.text,
    number: hug.types.number,
    in_range: hug.types.in_range(1, 10) = 1,
    fraction: hug.types.in_range(0, 1, hug.types.float_number) = 0.5,
    share: hug.types.in_range(0, 1, float) = 0.5,
    less: hug.types.less_than(5) = 1,
    greater: hug.types.greater_than(5) = 6,
    length: hug.types.length(1, 5) = "a",
    short: hug.types.shorter_than(5) = "a",
    long: hug.types.longer_than(2) = "abc",
    cut: hug.types.cut_off(3) = "abc",
    one_of: hug.types.one_of(("a", "b")) = "a",
    mapped: hug.types.mapping({"on": 1, "off": 0}) = 1,
    several: hug.types.multiple = (),
    numbers: hug.types.Multiple[int]() = (),
    shares: hug.types.Multiple[float]() = (),
    days: hug.types.Multiple[dt.date]() = (),
    commas: hug.types.comma_separated_list = (),
    semicolons: hug.types.delimited_list(";") = (),
    json: hug.types.json = None,
    smart: hug.types.smart_boolean = False,
    boolean: hug.types.boolean = False,
    identity: hug.types.uuid = None,
    exact: hug.types.decimal = None,
    either: hug.types.multi(hug.types.number, hug.types.text) = None,
    chained: hug.types.Chain(int, abs) = 1,
    nullable: hug.types.Nullable(int) = None,
    inline: hug.types.inline_dictionary = None,
    even: even = 2,
    documented: "Any words" = "",  # noqa: F722
    bare=None,
) -> dict:
    """Takes all of hug's types

    And says what came of them.
    """
    return {"text": text, "number": number, "numbers": numbers, "even": even}


@hug.get("/standard")
async def standard(
    integer: int,
    optional: int | None = None,
    several: list[int] = [],  # noqa: B006
    choice: Literal["a", "b", 1] = "a",
    colour: Colour = Colour.RED,
    moment: dt.datetime | None = None,
    day: dt.date | None = None,
    money: decimal.Decimal | None = None,
    identity: uuid.UUID | None = None,
    span: dt.timedelta | None = None,
    bounded: Annotated[int, msgspec.Meta(ge=3, lt=9)] = 3,
    point: Point | None = None,
    text: str = "",
    either: int | str = 0,
    number: float = 0,
    flag: bool = False,
) -> dict[str, Any]:
    return {"integer": integer, "colour": colour, "day": day}


@hug.post("/orders", status=hug.HTTP_201)
async def create_order(order: Order, note: str = "", tags: list[str] = ()) -> Order:
    """Creates an order"""
    return order


@hug.put("/orders/{number}")
def replace_order(number: int, body: Order) -> Order:
    return body


@hug.patch("/orders/{number}", response_headers={"X-Patched": "yes"})
def change_order(number: int, colour: Colour = Colour.RED) -> Colour:
    return colour


@hug.delete("/orders/{number}", status=204, requires=[only_here, by_password])
def delete_order(number: int) -> None: ...


@hug.get("/items/{number:int}/lines/{line}")
def line(number, line: uuid.UUID, hug_timer=3) -> list[Pair]:
    return [Pair(number, number)]


@hug.post("/accounts", requires=by_bearer)
async def account(body: Account) -> Account:
    return body


@hug.post("/points")
async def points(body: list[Point]) -> list[Point]:
    return body


@hug.post("/anything")
async def anything(body=None):
    return body


@hug.get("/secret", requires=by_key)
def secret() -> str:
    return "secret"


@hug.http("/every", accept=("GET", "POST", "DELETE"))
def every(x: int = 1) -> int:
    return x


@hug.get("/page", output=hug.output_format.html)
def page(name: hug.types.text = "you"):
    return "<p>Hello"


@hug.get("/text", output=hug.output_format.text)
def text(x: hug.types.number = 1):
    return x


@hug.get("/private", private=True)
def private():
    return 1


@hug.get("/mapped", map_params={"from": "start"})
def mapped(start: dt.date) -> dt.date:
    return start


@hug.post("/checked", validate=lambda fields: {} if fields["a"] else {"a": "must not be 0"})
def checked(a: int) -> int:
    return a


@hug.object.urls("/things")
class Things:
    """Things"""

    @hug.object.get()
    def all(self) -> list[int]:
        return [1]

    @hug.object.post()
    def add(self, thing: hug.types.number) -> int:
        return thing


@hug.get("/readings")
async def readings(n: hug.types.in_range(0, 3) = 1) -> AsyncIterator[Reading]:
    for _ in range(n):
        yield {"celsius": 20.5}


@hug.sse("/ticks", requires=by_cookie)
async def ticks(n: hug.types.in_range(0, 3) = 1) -> AsyncIterator[Reading]:
    """Ticks n times"""
    for _ in range(n):
        yield {"celsius": 20.5}


@hug.sse("/lines")
def lines() -> Iterator[str]:
    yield "one"
