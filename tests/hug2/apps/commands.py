"""Several commands in one program."""

import pathlib

import hug


@hug.cli()
def hello(name: "Who to greet", times: int = 1, loud: bool = False):
    """Says hello"""
    text = " ".join(["hello"] * times + [name])
    return text.upper() if loud else text


@hug.cli("add")
def addition(a: hug.types.number, b: hug.types.number = 2):
    """Adds numbers"""
    return a + b


@hug.cli(version="1.2.3", doc="Its own words")
def versioned(value="x"):
    return value


@hug.cli(output=hug.output_format.json)
def as_json(name="n"):
    return {"name": name}


@hug.cli(output=hug.output_format.pretty_json)
def as_pretty(name="n"):
    return {"name": name}


@hug.cli()
def nothing():
    return None


@hug.cli()
def false_result():
    return False


@hug.cli()
def empty_text():
    return ""


@hug.cli()
def a_list():
    return [1, "two"]


@hug.cli()
def many(values: hug.types.multiple):
    return "|".join(values)


@hug.cli()
def many_options(values: hug.types.Multiple[int]() = ()):
    return repr(values)


@hug.cli()
def plain_list(values: list = ()):
    return repr(values)


@hug.cli()
def choice(colour: hug.types.one_of(("red", "blue"))):
    return colour


@hug.cli()
def choice_option(colour: hug.types.one_of(["red", "blue"]) = "red"):
    return colour


@hug.cli()
def rest(first, *others):
    return f"{first} {list(others)}"


@hug.cli()
def keywords(first="f", **others):
    return f"{first} {[(name, others[name]) for name in sorted(others)]}"


@hug.cli()
def clashing(first="1", fast="2", fourth="3", h="4"):
    return [first, fast, fourth, h]


@hug.cli()
def flag_true(flag: bool = True):
    return flag


@hug.cli()
def boolean(flag: hug.types.smart_boolean = False):
    return flag


@hug.cli()
def ranged(number: hug.types.in_range(1, 5)):
    return number


@hug.cli()
def under_scored(some_name, other_name="x"):
    return [some_name, other_name]


@hug.cli()
def timed(hug_timer=3):
    return float(hug_timer) >= 0


@hug.cli(requires=lambda **kwargs: "not allowed")
def denied():
    return "never"


@hug.cli(validate=lambda fields: {"a": "may not be b"} if fields["a"] == "b" else None)
def validated(a):
    return a


@hug.cli(transform=lambda data: f"<{data}>")
def transformed(a="x"):
    return a


@hug.cli()
async def coroutine(a="x"):
    return f"async {a}"


@hug.cli(map_params={"from": "start"})
def mapped(start="s"):
    return start


@hug.cli()
def failing():
    raise ValueError("failed")


@hug.cli()
def leaving():
    raise SystemExit(3)


@hug.cli()
def annotated_result(a: int = 1) -> str:
    return a


@hug.cli()
@hug.get()
@hug.local()
def everything(number: int = 1):
    """A command, an endpoint and a function"""
    return number + 1


@hug.cli()
def read_file():
    return open("files/a.txt")


@hug.cli()
def text_defaults(
    number: int = "5",
    path: pathlib.PurePosixPath = "a/b",
    names: hug.types.comma_separated_list = "a,b",
    level: hug.types.mapping({"low": 1}) = "low",
):
    return [number, path.name, names, level]


@hug.cli()
def text_default_refused(number: int = "x"):
    return number


if __name__ == "__main__":
    hug.API(__name__).cli()
