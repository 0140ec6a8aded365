"""Commands: what is made of a signature, of words and of results. `hug.cli`."""

import asyncio
import functools
import io
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pytest

import hug


def shown(function: Any, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command prints before it exits."""
    with pytest.raises(SystemExit) as ended:
        function.interface.cli(["program", *words])
    told = capsys.readouterr()
    # As argparse says it from Python 3.13 on.
    text = re.sub(r"(-\w+) (\S+), (--\w+ \2)", r"\1, \3", f"{told.out}{told.err}[{ended.value.code}]")
    return re.sub(r"(?<=\S) {2,}|\n {20,}", "  ", text)


def test_arguments(api: hug.API) -> None:
    """What is required has a place, what has a default is an option; types convert, defaults stay."""

    @hug.cli(api=api)
    def price(name: hug.types.text, amount: int, factor: float = 1, note=None, *, unit, round_to=2):
        return [name, amount, factor, note, unit, round_to]

    assert hug.test.cli(price, "tea", 3, "--unit", "kg") == ["tea", 3, 1, None, "kg", 2]
    words = ("-f", 0.5, "tea", "--note=x y", 3, "-u", "kg", "--round-to", "0")
    assert hug.test.cli(price, *words) == ["tea", 3, 0.5, "x y", "kg", "0"]
    assert hug.test.cli(price, amount=-3, name="--", unit="-", note="-n") == ["--", -3, 1, "-n", "-", 2]


def test_defaults_that_are_text(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """Text that is a default converts as a word does, and is an error if it cannot; in Python it stays."""

    def letters(value):
        return sorted(value)

    @hug.cli(api=api)
    def read(
        folder: Path = "a/b",
        kinds: hug.types.comma_separated_list = "a,b",
        level: hug.types.mapping({"low": 1, "high": 2}) = "low",
        *,
        data: dict = '{"a": 1}',
        sure: bool = "yes",
        name: str = "x",
        order: letters = "ba",
        silent: bool = "",
    ):
        return [folder.name, kinds, level, data, sure, name, order, silent]

    assert hug.test.cli(read) == ["b", ["a", "b"], 1, {"a": 1}, True, "x", ["a", "b"], ""]
    assert hug.test.cli(read, level="high")[2] == 2
    with pytest.raises(AttributeError, match="'str' object has no attribute 'name'"):
        read()

    @hug.cli(api=api)
    def wrong(number: int = "many"):
        raise AssertionError(number)

    assert shown(wrong, capsys).endswith("error: argument -n/--number: invalid int value: 'many'\n[2]")


def test_help(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """Help is made of docstring and annotations; the shortest free beginning is an option's short form."""

    @hug.cli(api=api)
    def price(
        name: "what it is: 100 % text",  # noqa: F722
        amount: int,
        first: Annotated[int, "the first"] = 1,
        fast: bool = False,
        help_me=None,
        h=1,
        kind: Literal["a", "b"] = "a",
    ):
        """What so many
        of them cost."""

    assert (
        shown(price, capsys, "--help")
        == """\
usage: program [-h] [-f FIRST] [-fa] [-he HELP_ME] [--h H] [-k {a,b}]
               name amount

What so many of them cost.

positional arguments:
  name  what it is: 100 % text
  amount  Integer

options:
  -h, --help  show this help message and exit
  -f, --first FIRST  the first
  -fa, --fast  Boolean
  -he, --help_me HELP_ME
  --h H
  -k, --kind {a,b}  Accepts one of the following values: (a|b)
[0]"""
    )


def test_named(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """A command has the name, version and words it is given; its function stays what it was."""

    @hug.cli("costs", version="1.2", doc="What it costs.", api=api)
    def price(amount: int):
        return amount

    assert list(api.cli.commands) == ["costs"]
    assert shown(price, capsys, "-v") == shown(price, capsys, "--version") == "costs 1.2\n[0]"
    assert "What it costs." in shown(price, capsys, "-h")
    assert price("x") == "x"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "the following arguments are required: amount"),
        (("x",), "argument amount: invalid int value: 'x'"),
        (("1", "-f", "x"), "argument -f/--factor: Invalid whole number provided"),
        (("1", "-f"), "argument -f/--factor: expected one argument"),
        (("1", "-k", "c"), "argument -k/--kind: invalid choice: 'c' (choose from 'a', 'b')"),
        (("1", "2", "3"), "unrecognized arguments: 2 3"),
        (("1", "--unknown", "2"), "unrecognized arguments: --unknown"),
    ],
)
def test_mistakes(
    api: hug.API, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    """A command line that cannot be understood exits with 2 and says what is wrong with which argument."""

    @hug.cli(api=api)
    def price(amount: int, factor: hug.types.number = 1, kind: hug.types.one_of(("a", "b")) = "a"):
        raise AssertionError

    told = shown(price, capsys, *words)
    assert told.startswith("usage: program [-h] [-f FACTOR] [-k {a,b}] amount\n")
    assert told.endswith(f"program: error: {message}\n[2]")


def test_all_mistakes(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several values that do not convert all are told."""

    @hug.cli(api=api)
    def price(amount: int, since: hug.types.in_range(1, 5) = 1):
        raise AssertionError

    errors = [line for line in shown(price, capsys, "x", "-s", "9").splitlines() if "error" in line]
    assert errors == [
        "program: error: argument amount: invalid int value: 'x'",
        "program: error: argument -s/--since: '9' reaches the limit of 5",
    ]


def test_flags(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """A bool that is false by default is a flag; any other takes a word that is true or false."""

    @hug.cli(api=api)
    def flags(
        a: bool,
        big: bool = False,
        cold: hug.types.boolean = False,
        dry: hug.types.smart_boolean = False,
        even: bool | None = None,
        full: bool = True,
        grey: hug.types.smart_boolean = True,
    ):
        return [a, big, cold, dry, even, full, grey]

    assert hug.test.cli(flags, "no") == [False, False, False, False, None, True, True]
    assert hug.test.cli(flags, "1", big=True, cold=True, dry=True, even=True) == [True] * 7
    assert hug.test.cli(flags, "TRUE", "-f", "false", "-g", "0", big=False)[5:] == [False, False]
    assert "argument a: invalid bool value: 'maybe'" in shown(flags, capsys, "maybe")


def test_lists(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """What takes a list takes any number of words, or an option again and again."""

    @hug.cli(api=api)
    def lists(
        names: hug.types.multiple,
        numbers: list[int] = (),
        more: hug.types.Multiple[int] = (),
        kinds: list[Literal["a", "b"]] | None = None,
        plain: set = (),
        delimited: hug.types.comma_separated_list = (),
    ):
        return [names, numbers, more, kinds, sorted(plain), delimited]

    assert hug.test.cli(lists) == [[], (), (), None, [], ()]
    words = ("a", "-n", "1", "b", "-n", "2", "-m", "3", "-k", "b", "c", "-p", "x", "-p", "x", "-d", "1,2")
    assert hug.test.cli(lists, *words) == [["a", "b", "c"], [1, 2], [3], ["b"], ["x"], ["1", "2"]]
    assert hug.test.cli(lists, names=["a"], numbers=[1, 2], kinds=["a", "b"])[:4] == [
        ["a"],
        [1, 2],
        (),
        ["a", "b"],
    ]
    assert "argument -n/--numbers: Expected `int`" in shown(lists, capsys, "-n", "x")
    assert "argument -k/--kinds: invalid choice: 'c'" in shown(lists, capsys, "-k", "c")


def test_list_in_between(api: hug.API) -> None:
    """A list between other places gets what they leave."""

    @hug.cli(api=api)
    def copied(first, others: list, last):
        return [first, others, last]

    assert hug.test.cli(copied, "a", "b") == ["a", [], "b"]
    assert hug.test.cli(copied, "a", "b", "c", "d") == ["a", ["b", "c"], "d"]


class Colour(Enum):
    RED = "red"
    BLUE = 2


@dataclass
class Point:
    x: int
    y: int = 0


class Interval(NamedTuple):
    start: int
    end: int = 9


def test_help_of_json(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """Help says of what has fields that it is JSON, and of nothing else."""

    @hug.cli(api=api)
    def place(name: str, point: Point, points: list[Point] = ()):
        pass

    told = shown(place, capsys, "--help")
    assert "point  Point(x: int, y: int = 0) (as JSON)\n" in told
    assert told.count("JSON") == 2


def test_standard_types(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard typing works; what has fields is given as JSON."""

    @hug.cli(api=api, output=hug.output_format.json)
    def standard(
        colour: Colour,
        point: Point | None = None,
        number: int | None = None,
        settings: dict[str, int] | None = None,
        points: list[Point] = (),
        intervals: list[Interval] = (),
    ):
        assert isinstance(colour, Colour)
        return [colour, point, number, settings, points, intervals]

    words = (
        "2",
        "-p",
        '{"x": 1}',
        "-n",
        "3",
        "-s",
        '{"a": 1}',
        "--points",
        '{"x": 2}',
        "--points",
        '{"x": 3}',
        "--intervals",
        '{"start": 1}',
    )
    points, intervals = [{"x": 2, "y": 0}, {"x": 3, "y": 0}], [{"start": 1, "end": 9}]
    given = [2, {"x": 1, "y": 0}, 3, {"a": 1}, points, intervals]
    assert hug.test.cli(standard, *words) == given
    assert "invalid choice: 'green' (choose from 'red', '2')" in shown(standard, capsys, "green")
    assert "argument -p/--point: invalid JSON: " in shown(standard, capsys, "2", "-p", "{")
    assert "argument -p/--point: " in shown(standard, capsys, "2", "-p", '{"y": 1}')


def test_any_words(api: hug.API) -> None:
    """``*args`` gets the words that are left, ``**kwargs`` the options that are no parameters."""

    @hug.cli(api=api)
    def anything(first, second="2", *rest, third=3, **more):
        return [first, second, rest, third, more]

    assert hug.test.cli(anything, "1") == ["1", "2", (), 3, {}]
    assert hug.test.cli(anything, "1", "--third", "4", "5", "6") == ["1", "2", ("5", "6"), "4", {}]
    options = ("--a", "--b-c", "x", "--d=y z", "--e", "1", "2", "--f", "1", "--f", "2", "--g=")
    more = {"a": True, "b-c": "x", "d": "y z", "e": ["1", "2"], "f": ["1", "2"], "g": ""}
    assert hug.test.cli(anything, "1", "9", *options) == ["1", "2", ("9",), 3, more]
    assert hug.test.cli(anything, "--d=x", "1", "9") == ["1", "2", ("9",), 3, {"d": "x"}]
    assert hug.test.cli(anything, "1", "--", "--a", "--", "-b") == ["1", "2", ("--a", "--", "-b"), 3, {}]


def test_typed_words(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """Each word for ``*args`` is converted to its type, which ``--help`` tells."""

    @hug.cli(api=api)
    def added(first: int, *numbers: int):
        return [first, numbers]

    assert hug.test.cli(added, "1", "2", "-3") == [1, (2, -3)]
    assert hug.test.cli(added, "1") == [1, ()]
    told = shown(added, capsys, "1", "2", "x", "y")
    assert told.endswith("program: error: argument numbers: invalid int value: 'x'\n[2]")
    assert re.search(r"numbers +Integer", shown(added, capsys, "--help"))

    @hug.cli(api=api)
    def typed(*values: Annotated[Literal["a", "b"], str.upper]):
        return values

    assert hug.test.cli(typed, "a", "b") == ("A", "B")
    assert "argument values: invalid choice: 'c'" in shown(typed, capsys, "a", "c")

    @hug.cli(api=api)
    @functools.wraps(added)
    def wrapped(*args, **kwargs):
        return added(*args, **kwargs)

    assert hug.test.cli(wrapped, "1", "2") == [1, (2,)]

    async def later(value):
        return value

    with pytest.raises(TypeError, match=r"the type of \*values is async"):
        hug.cli(api=api, args={"values": later})(lambda *values: values)


def test_other_names(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """``map_params`` names what a command line has; the parameter's own name is understood, too."""

    @hug.cli(api=api, map_params={"from": "from_", "to": "until"})
    def between(from_: int, until: int = 9):
        return [from_, until]

    assert hug.test.cli(between, 1, "--to", 2) == hug.test.cli(between, 1, "--until=2") == [1, 2]
    assert "argument from: invalid int" in shown(between, capsys, "x")


def test_names_that_are_taken(api: hug.API) -> None:
    """A parameter that would be an option that there is, ``--help``, say, is an error when declared."""
    hug.cli(api=api)(lambda version=1: version)
    hug.cli(api=api)(lambda help: help)  # noqa: A006
    with pytest.raises(TypeError, match="--version"):
        hug.cli(api=api, version=1)(lambda version=1: version)
    with pytest.raises(TypeError, match="--help"):
        hug.cli(api=api)(lambda help=None: help)  # noqa: A006


@pytest.mark.parametrize(
    ("result", "printed"),
    [
        (None, ""),
        ("", ""),
        (False, "False\n"),
        (0, "0\n"),
        ("text\n", "text\n"),
        ("é", "é\n"),
        (b"bytes", "bytes\n"),
        ({"a": 1}, "{'a': 1}\n"),
        (io.BytesIO(b"of a file"), "of a file\n"),
        (io.StringIO("of a file\n"), "of a file\n"),
        ((each for each in (1, "two")), "1\ntwo\n"),
    ],
)
def test_output(api: hug.API, capsysbinary: pytest.CaptureFixture[bytes], result: Any, printed: str) -> None:
    """A result is printed as text with a line break at its end; files are read; None and "" print nothing."""

    @hug.cli(api=api)
    def command():
        return result

    assert command.interface.cli(["program"]) is None
    assert capsysbinary.readouterr().out.decode() == printed


def test_large_file(api: hug.API, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """A file is written in pieces, and closed."""
    sizes = []

    class Large(io.BytesIO):
        def read(self, size: int = -1) -> bytes:
            sizes.append(size)
            return super().read(size)

    file = Large(b"x" * 200_000)
    hug.cli("large", api=api)(lambda: file)
    api.cli(["program", "large"])
    assert capsysbinary.readouterr().out == b"x" * 200_000 + b"\n"
    assert len(sizes) > 3
    assert all(0 < size <= 65536 for size in sizes)
    assert file.closed


def test_formats(api: hug.API) -> None:
    """A command's own format is used, then the API's, then that of the process; transforms come before it."""

    @hug.cli(api=api, output=hug.output_format.json)
    def own():
        return {"a": 1}

    @hug.cli(api=api, transform=lambda number: number * 2)
    def doubled(number: int) -> str:
        return number

    @hug.cli(api=api)
    def annotated(number: int) -> list:
        return (number,)

    assert [hug.test.cli(own), hug.test.cli(doubled, 2), hug.test.cli(annotated, 2)] == [{"a": 1}, 4, [2]]
    before = hug.defaults.cli_output_format
    try:

        @hug.default_output_format(cli=True, http=False, apply_globally=True)
        def of_all(data):
            return f"all: {data}"

        assert hug.test.cli(doubled, 2) == "all: 4"

        @hug.default_output_format(cli=True, http=False, api=api)
        def of_one(data, request=None, response=None):
            return f"one: {data}".encode()

        assert hug.test.cli(doubled, 2) == "one: 4"
        assert api.cli.output_format is of_one
        assert api.http.output_format is hug.output_format.json
    finally:
        hug.defaults.cli_output_format = before


def test_requires_and_validate(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """What a requirement or ``validate`` answers is printed; a requirement that says False exits with 1."""

    @hug.cli(api=api, requires=lambda: "not now")
    def asked():
        raise AssertionError

    @hug.cli(api=api, requires=lambda: False)
    def refused():
        raise AssertionError

    @hug.cli(api=api, validate=lambda fields: {"a": f"{fields['a']} is too large"})
    def checked(a: int):
        raise AssertionError

    assert hug.test.cli(asked) == "not now"
    assert hug.test.cli(checked, 3) == {"a": "3 is too large"}
    assert shown(refused, capsys) == "Error: 403 Forbidden\n[1]"


def test_exceptions(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """An exception comes through, an HTTP error is told in a line; tests get both as they are."""

    @hug.cli(api=api)
    def failing(kind):
        raise KeyError(kind) if kind == "plain" else hug.HTTPBadRequest("Wrong", "That is wrong.")

    with pytest.raises(KeyError):
        failing.interface.cli(["program", "plain"])
    assert shown(failing, capsys, "http") == "Error: Wrong: That is wrong.\n[1]"
    assert isinstance(hug.test.cli(failing, "plain"), KeyError)
    assert isinstance(hug.test.cli(failing, "http"), hug.HTTPBadRequest)


def test_directives_and_context(api: hug.API) -> None:
    """Directives and the context factory may take parser, API and interface; both are cleaned up."""
    told: list[Any] = []

    @hug.directive(api=api)
    class Usage:
        def __init__(self, default=None, argparse=None, context=None, **offered):
            self.usage = argparse.format_usage()
            told.append((context, sorted(offered)))

        def cleanup(self, exception=None):
            told.append(exception)

    def make(argparse, interface, request, **offered):
        return {"prog": argparse.prog, "name": interface.name, "all": sorted(offered), "request": request}

    api.context_factory = make
    api.delete_context = lambda context, exception=None: told.append(exception)

    @hug.cli(api=api)
    def directed(a: int, hug_Usage, hug_timer=3):
        return [hug_Usage.usage, float(hug_timer) < 60, 1 // a]

    assert hug.test.cli(directed, 1) == ["usage: directed [-h] a\n", True, 1]
    context = {"prog": "directed", "name": "directed", "all": ["api", "api_version"], "request": None}
    assert told == [(context, ["api", "api_version", "interface"]), None, None]
    told.clear()
    assert isinstance(hug.test.cli(directed, 0), ZeroDivisionError)
    assert [type(each) for each in told] == [tuple, ZeroDivisionError, ZeroDivisionError]


def test_async(api: hug.API) -> None:
    """Async functions run in an event loop, with what is async around them, also where one runs already."""
    loops = set()

    async def met():
        loops.add(asyncio.get_running_loop())

    @hug.directive(api=api)
    async def answer():
        loops.add(asyncio.get_running_loop())
        return 42

    @hug.cli(api=api, requires=met)
    async def later(a: int, hug_answer):
        loops.add(asyncio.get_running_loop())
        return [a, hug_answer]

    @hug.cli(api=api, requires=met)
    def now(a: int, hug_answer):
        asyncio.run(met())  # there is no loop in its way
        return [a, hug_answer]

    @hug.cli(api=api)
    async def stream(count: int):
        for number in range(count):
            await asyncio.sleep(0)
            yield number

    @hug.cli(api=api, requires=met)
    def simple(a: int, hug_answer):
        return [a, hug_answer]

    async def in_loop() -> list[Any]:
        return [hug.test.cli(later, 1), hug.test.cli(simple, 1)]

    assert hug.test.cli(later, 1) == [1, 42]
    assert len(loops) == 1
    assert hug.test.cli(now, 1) == [1, 42]
    assert asyncio.run(in_loop()) == [[1, 42], [1, 42]]
    assert hug.test.cli(stream, 3) == "0\n1\n2"


def test_overview(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command, or with one that there is not, the commands are listed, and the exit code is 1.

    So they are with ``--help``, where it is 0. Of a docstring it shows the first paragraph. That there is no
    such command is said on stderr.
    """
    api.doc = "What it is about."
    hug.cli("first", api=api, doc="Does this\n    and that.\n\n    Args: none.")(lambda: None)
    hug.cli("second", api=api, doc="x" * 100)(lambda: None)
    hug.cli("third", api=api)(lambda: None)
    expected = f"""\
What it is about.

Available Commands:

 - first: Does this and that.
 - second: {"x" * 66}...
 - third
"""
    assert str(api.cli) == expected
    for words in (["program", "--help"], ["program", "-h"]):
        with pytest.raises(SystemExit) as ended:
            api.cli(words)
        assert (ended.value.code, *capsys.readouterr()) == (0, expected + "\n", "")
    for words in (["program"], ["program", "fourth"], []):
        with pytest.raises(SystemExit) as ended:
            api.cli(words)
        assert ended.value.code == 1
        told = capsys.readouterr()
        assert told.out == expected + "\n"
        unknown = "program: error: there is no command 'fourth'\n"
        assert told.err == (unknown if "fourth" in words else "")


def test_given_words(
    api: hug.API, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``api.cli(args)`` takes all its words from there, and from ``sys.argv`` only without them."""
    hug.cli("double", api=api)(lambda word: word * 2)
    monkeypatch.setattr("sys.argv", ["folder/program", "double", "y"])
    api.cli(["program", "double", "x"])
    api.cli()
    assert capsys.readouterr().out == "xx\nyy\n"
    with pytest.raises(SystemExit):
        api.cli(["folder/program", "double"])
    assert "usage: program double [-h] word\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("result", "code"), [(None, 0), ("x", 0), (1, 0), (True, 0), (False, 1), (0, 1), ("", 1), ([], 1)]
)
def test_exit_codes(result: Any, code: int) -> None:
    """With ``cli_error_exit_codes`` a false result that is not None exits with 1, and so does a refusal."""
    api = hug.API(cli_error_exit_codes=True)
    hug.cli("command", api=api)(lambda: result)
    hug.cli("refused", api=api, requires=lambda: "no")(lambda: result)

    def exit_code(name: str) -> Any:
        try:
            api.cli(["program", name])
        except SystemExit as ended:
            return ended.code
        return 0

    assert exit_code("command") == code
    assert exit_code("refused") == 1
    api.cli_error_exit_codes = False
    assert exit_code("command") == 0


def test_by_class(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """Methods are commands of one instance, in the order of definition, with the options of their class."""

    @hug.object(name="git", version="1.0", api=api)
    class Git:
        @hug.object.cli
        def push(self, branch="master"):
            return [type(self).__name__, "push", branch]

        @hug.object.cli(name="get", version="2.0")
        def pull(self, branch="master"):
            return [type(self).__name__, "pull", branch]

        @hug.object.get("/status")
        def status(self):
            return "clean"

    assert list(api.cli.commands) == ["push", "get"]
    assert hug.test.cli("push", api=api) == ["Git", "push", "master"]
    assert hug.test.cli(Git.pull, "-b", "x") == ["Git", "pull", "x"]
    assert hug.test.get(api, "/status").data == "clean"
    for name, version in (("push", "push 1.0"), ("get", "get 2.0")):
        with pytest.raises(SystemExit):
            api.cli(["program", name, "-v"])
        assert capsys.readouterr().out == f"{version}\n"


def test_groups() -> None:
    """Commands of another API come with a prefix, or as those of a command; not both."""
    other = hug.API(doc="Others.")
    hug.cli("say", api=other)(lambda word: word)
    api = hug.API()
    api.cli.output_format = lambda data: f"here: {data}"
    api.cli.extend(other.cli, command_prefix="other-")
    api.cli.extend(other.cli, sub_command="other")
    assert hug.test.cli("other-say", "x", api=api) == "here: x"
    assert hug.test.cli("say", "x", api=other) == "x"
    assert [command.name for command in api.cli.handlers()] == ["say", "say"]
    assert " - other: Others." in str(api.cli)
    with pytest.raises(ValueError, match="not both"):
        api.cli.extend(other.cli, command_prefix="x", sub_command="x")


def test_groups_run(capsys: pytest.CaptureFixture[str]) -> None:
    """The word after the name of a group names its command; its usage says how it is called."""
    other, api = hug.API(), hug.API()
    hug.cli("say", api=other)(lambda word: word)
    api.cli.extend(other.cli, sub_command="other")
    api.cli(["program", "other", "say", "x"])
    assert capsys.readouterr().out == "x\n"
    with pytest.raises(SystemExit):
        api.cli(["program", "other", "say"])
    assert "usage: program other say [-h] word\n" in capsys.readouterr().err
    whole = hug.API()
    whole.cli.extend(api.cli, sub_command="all")
    whole.cli.extend(api.cli)
    for words in (["all", "other", "say", "y"], ["other", "say", "y"]):
        whole.cli(["program", *words])
        assert capsys.readouterr().out == "y\n"


def test_groups_begin_and_end(capsys: pytest.CaptureFixture[str]) -> None:
    """A command of a group begins and ends as the program does that it is part of, each handler once."""
    other, api = hug.API(), hug.API()
    hug.cli("say", api=other)(lambda word: word)
    hug.startup(api=api)(lambda: print("begin all"))
    hug.startup(api=other)(lambda: print("begin other"))
    hug.shutdown(api=api)(lambda: print("end all"))
    hug.shutdown(api=other)(lambda: print("end other"))
    api.cli.extend(other.cli, sub_command="other")
    api.cli(["program", "other", "say", "x"])
    assert capsys.readouterr().out.splitlines() == ["begin all", "begin other", "x", "end all", "end other"]
    other.cli(["program", "say", "x"])
    assert capsys.readouterr().out.splitlines() == ["begin other", "x", "end other"]


def test_by_api(api: hug.API) -> None:
    """`hug.route.API` has it, too, and routers can be chained."""
    route = hug.route.API(api)

    @route.cli("double", doc="Twice.")
    def double(number: int):
        return 2 * number

    assert hug.test.cli("double", 2, api=api) == 4
    assert double.interface.cli.doc == "Twice."
    router = route.cli().name("x").version(1).doc("y")
    assert router.route == {"api": api, "name": "x", "version": 1, "doc": "y"}


def test_without_parentheses() -> None:
    """A decorator without parentheses says so."""
    with pytest.raises(TypeError, match=r"@hug\.cli\(\)"):

        @hug.cli
        def function():
            pass


def test_in_tests(api: hug.API, capsys: pytest.CaptureFixture[str]) -> None:
    """hug.test.cli reads what was printed; what it is not to collect is printed."""

    @hug.cli(api=api)
    def echo(word):
        print("beside")
        return word

    for word, value in (
        ("1.50", 1.5),
        ("true", True),
        ("None", None),
        ("{'a': 1}", {"a": 1}),
        ("[1,", "[1,"),
    ):
        assert hug.test.cli(echo, word) == value
    assert capsys.readouterr().out == "beside\n" * 5
    assert hug.test.cli("echo", "x", api=api, collect_output=False) is None
    assert capsys.readouterr().out == "beside\nx\n"
    with pytest.raises(KeyError):
        hug.test.cli("other", api=api)
    with pytest.raises(SystemExit):
        hug.test.cli(echo)
