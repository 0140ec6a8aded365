"""What each type takes, makes of it and says of what it does not take."""

import datetime
import decimal
import enum
import uuid

import hug


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@hug.type(extend=hug.types.number)
def even(value):
    """An even number"""
    if value % 2:
        raise ValueError("This number is odd")
    return value


@hug.type(extend=hug.types.text, doc="A shout", error_text="Nobody can shout that")
def shout(value):
    if not value.isalpha():
        raise ValueError("never seen")
    return value.upper()


@hug.type(exception_handlers={KeyError: "No such code", IndexError: LookupError})
def code(value):
    """A code"""
    if value == "index":
        raise IndexError("index")
    return {"a": 1}[value]


@hug.type(extend=hug.types.text, chain=False)
def reversed_text(value):
    """Text, backwards"""
    return value[::-1]


class Hour(hug.types.Type):
    """An hour of the day"""

    def __call__(self, value):
        hour = int(value)
        if not 0 <= hour < 24:
            raise ValueError("There are 24 hours")
        return hour


def custom(value):
    """Takes anything, and says what it was"""
    return f"custom {value}"


def failing(value):
    raise ValueError("first", "second")


def silent(value):
    raise ValueError


class Point:
    def __init__(self, text):
        self.x, self.y = map(int, text.split(":"))

    @classmethod
    def from_string(cls, text):
        return cls(text)

    def __native_types__(self):
        return [self.x, self.y]


TYPES = {
    "text": hug.types.text,
    "number": hug.types.number,
    "float_number": hug.types.float_number,
    "decimal": hug.types.decimal,
    "boolean": hug.types.boolean,
    "smart_boolean": hug.types.smart_boolean,
    "uuid": hug.types.uuid,
    "multiple": hug.types.multiple,
    "multiple_numbers": hug.types.Multiple[int](),
    "delimited": hug.types.delimited_list("|"),
    "comma_separated": hug.types.comma_separated_list,
    "numbers": hug.types.DelimitedList[int](";"),
    "one_of": hug.types.one_of(("good", "bad")),
    "mapping": hug.types.mapping({"n": None, "one": 1, "two": [2]}),
    "json": hug.types.json,
    "multi": hug.types.multi(hug.types.number, hug.types.boolean),
    "multi_strict": hug.types.multi(hug.types.number, hug.types.uuid),
    "in_range": hug.types.in_range(1, 10),
    "in_range_float": hug.types.in_range(0.5, 1.5, hug.types.float_number),
    "less_than": hug.types.less_than(10),
    "greater_than": hug.types.greater_than(10),
    "length": hug.types.length(2, 5),
    "shorter_than": hug.types.shorter_than(4),
    "longer_than": hug.types.longer_than(4),
    "cut_off": hug.types.cut_off(3),
    "inline_dictionary": hug.types.inline_dictionary,
    "typed_dictionary": hug.types.InlineDictionary[int, float](),
    "chain": hug.types.Chain(hug.types.number, even),
    "nullable": hug.types.Nullable(hug.types.number),
    "even": even,
    "shout": shout,
    "code": code,
    "reversed": reversed_text,
    "hour": Hour(),
    "hour_class": Hour,
    "custom": custom,
    "failing": failing,
    "silent": silent,
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list": list,
    "dict": dict,
    "bytes_length": len,
    "colour": Colour,
    "point": Point,
    "decimal_class": decimal.Decimal,
    "uuid_class": uuid.UUID,
    "date": datetime.date.fromisoformat,
    "lambda": lambda value: f"<{value}>",
    "words": "A few words",
}


def route(name, kind):
    def convert(value):
        return {"value": value.value if isinstance(value, Colour) else value}

    def convert_body(value=None):
        return {"value": value.value if isinstance(value, Colour) else value}

    hug.get(f"/{name}", args={"value": kind})(convert)
    hug.post(f"/{name}", args={"value": kind})(convert_body)


for name, kind in TYPES.items():
    route(name, kind)


@hug.get("/several")
def several(a: int, b: hug.types.in_range(0, 5), c: hug.types.one_of(["x"]), d: float = 1.0, e: bool = False):
    return [a, b, c, d, e]


@hug.post("/whole", output=hug.output_format.json)
def whole(body: hug.types.json):
    return body


@hug.get("/returned")
def returned(value="1") -> int:
    return value


@hug.get("/returned_text")
def returned_text(value: int = 1) -> hug.types.text:
    return value


@hug.get("/returned_words")
def returned_words(value: int = 1) -> "A number":
    return value


@hug.get("/returned_shout", transform=lambda value: value.upper())
def returned_shout(value="x") -> str:
    return value


@hug.not_found()
def nothing():
    return "nothing here"
