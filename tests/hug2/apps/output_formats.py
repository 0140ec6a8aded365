"""What results look like, format by format."""

import collections
import datetime
import decimal
import io
import os
import uuid

import hug

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
Pair = collections.namedtuple("Pair", ("first", "second"))


class Native:
    def __native_types__(self):
        return {"native": [1, 2]}


class Thing:
    def __init__(self, name):
        self.name = name


@hug.output_format.json_convert(Thing)
def convert_thing(thing):
    return f"thing {thing.name}"


class Rendered:
    def render(self):
        return "<b>rendered</b>"


class Savable:
    def save(self, target, format):
        target.write(b"saved as " + format.encode())


class RenderedImage:
    def render(self):
        return b"rendered image"


VALUES = {
    "text": "text",
    "unicode": "é ü \u2028 \U0001f600 <&>\"'\\/",
    "number": 1,
    "float": 1.5,
    "exponent": 1e100,
    "nan": float("nan"),
    "infinite": float("inf"),
    "true": True,
    "none": None,
    "list": [1, "a", None, [True]],
    "tuple": (1, 2),
    "set": {1},
    "frozenset": frozenset(("a",)),
    "dict": {"b": 1, "a": {"c": [1]}},
    "number_keys": {1: "a", 2.5: "b", True: "c", None: "d"},
    "empty": {},
    "empty_list": [],
    "empty_text": "",
    "zero": 0,
    "false": False,
    "pair": Pair(1, [2]),
    "date": datetime.date(2030, 1, 2),
    "datetime": datetime.datetime(2030, 1, 2, 3, 4, 5, 6),
    "aware": datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
    "time": datetime.time(3, 4, 5),
    "timedelta": datetime.timedelta(days=1, seconds=1.5),
    "bytes": b"bytes",
    "binary": b"\xff\x00",
    "decimal": decimal.Decimal("1.10"),
    "uuid": uuid.UUID(int=1),
    "native": Native(),
    "thing": Thing("x"),
    "generator": "generator",
    "map": "map",
    "range": range(3),
    "ordered": collections.OrderedDict((("z", 1), ("a", 2))),
    "default_dict": collections.defaultdict(int, {"a": 1}),
    "deque": collections.deque([1, 2]),
    "camel": {
        "first_name": "a_b",
        "other": [{"deep_er_key": 1}],
        "_private": 1,
        "trailing_": 2,
        "Already": 3,
    },
    "file": io.BytesIO(b"a file"),
    "keys": {"a": 1}.keys(),
}


def value(name):
    if name == "generator":
        return (number for number in range(3))
    if name == "map":
        return map(str, range(2))
    if name == "file":
        return io.BytesIO(b"a file")
    return VALUES[name]


@hug.get("/json/{name}")
def as_json(name):
    return value(name)


@hug.get("/pretty/{name}", output=hug.output_format.pretty_json)
def as_pretty(name):
    return value(name)


@hug.get("/camel/{name}", output=hug.output_format.json_camelcase)
def as_camel(name):
    return value(name)


@hug.get("/text/{name}", output=hug.output_format.text)
def as_text(name):
    return value(name)


@hug.get("/html/{name}", output=hug.output_format.html)
def as_html(name):
    return Rendered() if name == "rendered" else value(name)


@hug.get("/file", output=hug.output_format.file)
def as_file(name=None):
    return os.path.join(FOLDER, name) if name else None


@hug.get("/open_file", output=hug.output_format.file)
def as_open_file(name="a.txt"):
    return open(os.path.join(FOLDER, name), "rb")


@hug.get("/missing_file", output=hug.output_format.file)
def missing_file():
    return os.path.join(FOLDER, "nowhere.txt")


@hug.get("/png", output=hug.output_format.png_image)
def as_png(kind="path"):
    return {
        "path": os.path.join(FOLDER, "dot.png"),
        "missing": os.path.join(FOLDER, "nowhere.png"),
        "savable": Savable(),
        "rendered": RenderedImage(),
        "file": io.BytesIO(b"file image"),
        "none": None,
    }[kind]


@hug.get("/png_number", output=hug.output_format.png_image)
def png_number(number: int):
    return os.path.join(FOLDER, "dot.png")


@hug.get("/jpg", output=hug.output_format.jpg_image)
def as_jpg():
    return Savable()


@hug.get("/svg", output=hug.output_format.svg_xml_image)
def as_svg():
    return RenderedImage()


@hug.get("/own_image", output=hug.output_format.image("own"))
def as_own_image():
    return Savable()


@hug.get("/mp4", output=hug.output_format.mp4_video)
def as_mp4(kind="path"):
    return os.path.join(FOLDER, "blob.bin") if kind == "path" else RenderedImage()


@hug.format.content_type("application/x-own")
def own(data, request=None, response=None):
    """Our own"""
    return f"own {data}".encode()


@hug.get("/own", output=own)
def as_own():
    return [1, 2]


@hug.format.content_type("application/x-plain")
def no_keywords(data, **kwargs):
    return repr(data).encode()


@hug.get("/no_keywords", output=no_keywords)
def as_no_keywords():
    return [1, 2]


@hug.format.content_type("application/x-streamed")
def streamed(data, request=None, response=None):
    return io.BytesIO(str(data).encode())


@hug.get("/streamed", output=streamed)
def as_streamed():
    return [1, 2]


@hug.output_format.on_valid("text/x-valid")
def valid_only(data, request=None, response=None):
    return f"valid {data}".encode()


@hug.get("/on_valid", output=valid_only)
def as_valid(number: int):
    return number


@hug.output_format.on_valid("text/x-valid", hug.output_format.text)
def valid_or_text(data, request=None, response=None):
    return f"valid {data}".encode()


@hug.get("/on_valid_or_text", output=valid_or_text)
def as_valid_or_text(number: int):
    return number


accepting = hug.output_format.accept(
    {"application/json": hug.output_format.json, "text/plain": hug.output_format.text, "text/html": own}
)
accepting_default = hug.output_format.accept(
    {"application/json": hug.output_format.json, "text/plain": hug.output_format.text}, hug.output_format.html
)


@hug.get("/accept", output=accepting)
def by_accept():
    return "accepted"


@hug.get("/accept_default", output=accepting_default)
def by_accept_or_default():
    return "accepted"


@hug.get(
    "/typed",
    output=hug.output_format.on_content_type(
        {"application/json": hug.output_format.json, "text/plain": hug.output_format.text}
    ),
)
def by_type():
    return "typed"


by_suffix = hug.output_format.suffix({".json": hug.output_format.json, ".txt": hug.output_format.text})
by_prefix = hug.output_format.prefix({"/before": hug.output_format.json, "/other": hug.output_format.text})


@hug.get(["/suffixed.json", "/suffixed.txt", "/suffixed.other"], output=by_suffix)
def suffixed():
    return "suffixed"


@hug.get(["/before/it", "/other/it", "/neither/it"], output=by_prefix)
def prefixed():
    return "prefixed"


@hug.get("/late_type")
def late_type(response):
    response.content_type = "text/x-late"
    return "late"


@hug.get("/converted")
def converted() -> hug.types.json:
    return '{"a": 1}'


@hug.get("/to_text")
def to_text() -> str:
    return 12


@hug.not_found()
def nothing():
    return "nothing here"
