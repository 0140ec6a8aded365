"""hug's own types: what each accepts, what it makes of it, and the error texts clients have always seen."""

import functools
import uuid
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

import pytest

import hug
from hug import types
from hug.types.bounded_constructors import careful
from hug.types.standard_typing import converter

ACCEPTED = [
    (types.text, "x", "x"),
    (types.text, 1, "1"),
    (types.number, "1", 1),
    (types.number, 1.7, 1),
    (types.float_number, "1", 1.0),
    (types.decimal, "1.50", Decimal("1.50")),
    (types.boolean, "false", True),
    (types.boolean, "", False),
    (types.smart_boolean, "TRUE", True),
    (types.smart_boolean, "t", True),
    (types.smart_boolean, "1", True),
    (types.smart_boolean, 1, True),
    (types.smart_boolean, True, True),
    (types.smart_boolean, "False", False),
    (types.smart_boolean, "f", False),
    (types.smart_boolean, "0", False),
    (types.smart_boolean, "", False),
    (types.smart_boolean, 0, False),
    (types.smart_boolean, None, False),
    (types.uuid, str(uuid.UUID(int=5)), uuid.UUID(int=5)),
    (types.uuid, uuid.UUID(int=5), uuid.UUID(int=5)),
    (types.multiple, "1", ["1"]),
    (types.multiple, ["1", "2"], ["1", "2"]),
    (types.Multiple[int](), "1", [1]),
    (types.Multiple[int](), ["1", "2"], [1, 2]),
    (types.delimited_list(","), "1,2", ["1", "2"]),
    (types.delimited_list("|"), "1|2,3", ["1", "2,3"]),
    (types.comma_separated_list, "1,2", ["1", "2"]),
    (types.comma_separated_list, ["1", "2"], ["1", "2"]),
    (types.DelimitedList[int](","), "1, 2", [1, 2]),
    (types.DelimitedList[int](","), ["1", "2"], [1, 2]),
    (types.inline_dictionary, " a : 1 | b : 2 ", {"a": "1", "b": "2"}),
    (types.InlineDictionary[int, float](), "1:2|3:4", {1: 2.0, 3: 4.0}),
    (types.one_of(["a", "b"]), "b", "b"),
    (types.one_of(letter for letter in "ab"), "b", "b"),
    (types.mapping({"a": 1}), "a", 1),
    (types.json, '{"a": 1}', {"a": 1}),
    (types.json, b"[1]", [1]),
    (types.json, ['{"a":1', '"b":2}'], {"a": 1, "b": 2}),
    (types.json, {"a": 1}, {"a": 1}),
    (types.json, [{"a": 1}], [{"a": 1}]),
    (types.json, [], []),
    (types.json, None, None),
    (types.multi(types.json, types.smart_boolean), "[1]", [1]),
    (types.multi(types.json, types.smart_boolean), "T", True),
    (types.in_range(1, 5), "1", 1),
    (types.in_range(1, 5), "4", 4),
    (types.in_range(1.5, 5.5, types.float_number), "5.25", 5.25),
    (types.less_than(3), "2", 2),
    (types.greater_than(3), "4", 4),
    (types.length(1, 3), "a", "a"),
    (types.length(1, 3), 12, "12"),
    (types.shorter_than(3), "ab", "ab"),
    (types.longer_than(3), "abcd", "abcd"),
    (types.cut_off(3), "abcd", "abc"),
    (types.Chain(types.text, types.number), "5", 5),
    (types.Nullable(types.text, types.number), "5", 5),
    (types.Nullable(types.text), None, None),
    (types.Nullable(date), "2030-01-31", date(2030, 1, 31)),
    (types.in_range(date(2030, 1, 1), date(2031, 1, 1), date), "2030-01-31", date(2030, 1, 31)),
    (types.Multiple[date](), "2030-01-31", [date(2030, 1, 31)]),
    (types.Multiple[types.Text](), [1], ["1"]),
    (types.DelimitedList[int | None](","), "1,null", [1, None]),
    (types.multi(list[int], str), "abc", "abc"),
    (types.Chain(list[int], sum), ["1", "2"], 3),
]


@pytest.mark.parametrize(("kind", "value", "expected"), ACCEPTED)
def test_accepted(kind: Callable[[Any], Any], value: object, expected: object) -> None:
    """Each type makes of a value what hug always made of it."""
    result = kind(value)
    assert result == expected
    assert type(result) is type(expected)


CHOICES = "Invalid value passed. The accepted values are: "
TRUTH = "Invalid value passed in for true/false field"
NO_DICTIONARY = "Invalid dictionary provided, expected text such as key:value|key:value"
BAD_JSON = "Incorrectly formatted JSON provided"

REFUSED = [
    (types.text, None, ValueError, "Invalid text value provided"),
    (types.text, ["a"], ValueError, "Invalid text value provided"),
    (types.text, ("a",), ValueError, "Invalid text value provided"),
    (types.number, "1.5", ValueError, "Invalid whole number provided"),
    (types.number, None, ValueError, "Invalid whole number provided"),
    (types.number, float("inf"), ValueError, "Invalid whole number provided"),
    (types.float_number, "x", ValueError, "Invalid float number provided"),
    (types.decimal, "x", ValueError, "Invalid decimal number provided"),
    (types.smart_boolean, "yes", KeyError, TRUTH),
    (types.smart_boolean, 2, KeyError, TRUTH),
    (types.smart_boolean, ["true"], KeyError, TRUTH),
    (types.uuid, "x", ValueError, "Invalid UUID provided"),
    (types.uuid, 5, ValueError, "Invalid UUID provided"),
    (types.Multiple[int](), "x", ValueError, "invalid literal for int() with base 10: 'x'"),
    (types.DelimitedList[int](","), "1,", ValueError, "invalid literal for int() with base 10: ''"),
    (types.comma_separated_list, None, ValueError, 'Invalid list provided, expected text separated by ","'),
    (types.inline_dictionary, "a", ValueError, "Invalid dictionary provided, expected key:value in 'a'"),
    (
        types.inline_dictionary,
        "a:1:2",
        ValueError,
        "Invalid dictionary provided, expected key:value in 'a:1:2'",
    ),
    (types.inline_dictionary, {"a": "b"}, ValueError, NO_DICTIONARY),
    (types.inline_dictionary, ["a:b"], ValueError, NO_DICTIONARY),
    (types.inline_dictionary, 7, ValueError, NO_DICTIONARY),
    (types.one_of(["a", "b"]), "z", KeyError, f"{CHOICES}(a|b)"),
    (types.one_of([1, "b"]), "z", KeyError, f"{CHOICES}(1|b)"),
    (types.one_of("abc"), "ab", KeyError, f"{CHOICES}(a|b|c)"),
    (types.one_of({"a"}), ["a"], KeyError, f"{CHOICES}(a)"),
    (types.mapping({"a": 1, "b": 2}), "z", KeyError, f"{CHOICES}(a|b)"),
    (types.mapping({"a": 1, "b": 2}), {}, KeyError, f"{CHOICES}(a|b)"),
    (types.json, "{", ValueError, BAD_JSON),
    (types.json, b"\xff", ValueError, BAD_JSON),
    (types.json, ["a"], ValueError, BAD_JSON),
    (
        types.multi(types.json, types.uuid),
        "zzz",
        ValueError,
        types.multi(types.json, types.uuid).__doc__,
    ),
    (types.in_range(7, 9), "5", ValueError, "'5' is less than the lower limit 7"),
    (types.in_range(7, 9), "9", ValueError, "'9' reaches the limit of 9"),
    (types.in_range(7, 9), "x", ValueError, "Invalid whole number provided"),
    (types.in_range(1.5, 5, types.float_number), "0", ValueError, "'0.0' is less than the lower limit 1.5"),
    (types.less_than(9), "9", ValueError, "'9' must be less than 9"),
    (types.less_than(9, types.float_number), "nan", ValueError, "Invalid float number provided"),
    (types.greater_than(9), "9", ValueError, "'9' must be greater than 9"),
    (types.length(1, 3), "", ValueError, "'' is shorter than the lower limit of 1"),
    (types.length(1, 3), "abc", ValueError, "'abc' is longer then the allowed limit of 3"),
    (types.length(1, 3), None, ValueError, "Invalid text value provided"),
    (types.shorter_than(3), "abc", ValueError, "'abc' is longer then the allowed limit of 3"),
    (types.longer_than(3), "abc", ValueError, "'abc' must be longer than 3"),
    (types.cut_off(3), None, ValueError, "Invalid text value provided"),
    (types.Chain(types.text, types.number), "x", ValueError, "Invalid whole number provided"),
    (types.Nullable(types.number), "x", ValueError, "Invalid whole number provided"),
    (types.Type(), "x", NotImplementedError, "To implement a new type __call__ must be defined"),
]


@pytest.mark.parametrize(("kind", "value", "error", "message"), REFUSED)
def test_refused(kind: Callable[[Any], Any], value: object, error: type[Exception], message: str) -> None:
    """Each type refuses with the exception whose first argument clients have always been shown."""
    with pytest.raises(error) as caught:
        kind(value)
    assert type(caught.value) is error
    assert caught.value.args[0] == message


DOCUMENTED = [
    (types.text, "Basic text / string value"),
    (types.number, "A whole number"),
    (types.float_number, "A float number"),
    (types.decimal, "A decimal number"),
    (types.boolean, "Providing any value will set this to true"),
    (types.smart_boolean, "Accepts a true or false value"),
    (types.uuid, "A Universally Unique IDentifier"),
    (types.multiple, "Multiple Values"),
    (types.Multiple[int](), "Multiple Values"),
    (types.comma_separated_list, 'Multiple values, separated by ","'),
    (types.delimited_list("|"), 'Multiple values, separated by "|"'),
    (types.json, "Accepts a JSON formatted data structure"),
    (types.one_of(["a", "b"]), "Accepts one of the following values: (a|b)"),
    (types.mapping({"a": 1, "b": 2}), "Accepts one of the following values: (a|b)"),
    (
        types.multi(types.text, types.number),
        "Accepts any of the following value types:Basic text / string value\n  - A whole number\n",
    ),
    (types.in_range(1, 5), "A whole number that is greater or equal to 1 and less than 5"),
    (types.less_than(3, types.float_number), "A float number that is less than 3"),
    (types.greater_than(3), "A whole number that is greater than 3"),
    (types.length(1, 3), "Basic text / string value that has a length longer or equal to 1 and less than 3"),
    (types.shorter_than(3), "Basic text / string value with a length of no more than 2"),
    (types.longer_than(3), "Basic text / string value with a length longer than 3"),
    (types.cut_off(3), "'Basic text / string value' with anything over the length of 3 being ignored"),
    (types.greater_than(0, float), "Float that is greater than 0"),
    (types.in_range(0, 1, Decimal), "Decimal that is greater or equal to 0 and less than 1"),
    (types.less_than(3, int | None), "Integer or null that is less than 3"),
    (types.length(1, 3, str), "String that has a length longer or equal to 1 and less than 3"),
    (types.multi(int, str), "Accepts any of the following value types:Integer\n  - String\n"),
    (types.Chain(types.text), "type for chaining multiple types together"),
    (types.Nullable(types.text), "A Chain types that Allows None values"),
]


@pytest.mark.parametrize(("kind", "doc"), DOCUMENTED)
def test_documented(kind: object, doc: str) -> None:
    """The docstring of a type is what documentation pages have always shown."""
    assert kind.__doc__ == doc


def test_types_are_types() -> None:
    """Everything in the module that can be an annotation is a `Type`, or makes one."""
    for kind, _ in DOCUMENTED:
        assert isinstance(kind, types.Type)


def test_sub_types_may_be_functions() -> None:
    """A part converts with any callable, also with a plain function."""

    def double(value: str) -> int:
        return 2 * int(value)

    assert types.Multiple[double]()(["1", "2"]) == [2, 4]
    assert types.Multiple[types.number]()("3") == [3]


@pytest.mark.parametrize("kind", [Annotated[int, abs], list[Annotated[int, abs]], list[len], "int"])
@pytest.mark.parametrize("combine", [types.Nullable, types.multi, lambda kind: types.Multiple[kind]()])
def test_impossible_parts(combine: Callable[[Any], Any], kind: Any) -> None:
    """A part that would not do what it says is refused when the type is made."""
    with pytest.raises(TypeError, match=r"put the function behind|cannot convert values|neither a type nor"):
        combine(kind)


class Refused(Exception):
    pass


def test_create() -> None:
    """A function becomes a type, documented by its docstring."""

    @types.create()
    def doubled(value: str) -> int:
        """Twice the number"""
        return 2 * int(value)

    assert isinstance(doubled, types.Type)
    assert doubled.__doc__ == "Twice the number"
    assert doubled("4") == 8
    with pytest.raises(ValueError, match="invalid literal"):
        doubled("x")


def test_create_extends() -> None:
    """A type built on another gets what that made of the value; types can be built on it in turn."""

    @types.create(extend=types.number, doc="A year")
    def year(value: int) -> int:
        if value < 1900:
            raise ValueError("too old")
        return value

    @types.create(extend=year)
    def decade(value: int) -> int:
        return value // 10

    assert year.__doc__ == "A year"
    assert decade("1995") == 199
    for value, message in (("x", "Invalid whole number provided"), ("10", "too old")):
        with pytest.raises(ValueError, match=f"^{message}$"):
            decade(value)


def test_create_without_chain() -> None:
    """Without ``chain`` the function gets the value as it came."""

    @types.create(extend=types.number, chain=False)
    def raw(value: str) -> tuple[str]:
        return (value,)

    assert raw("x") == ("x",)


def test_create_error_text() -> None:
    """``error_text`` stands for any exception, also for one of the type it is built on."""

    @types.create(extend=types.number, error_text="no inverse")
    def inverse(value: int) -> float:
        return 1 / value

    for value in ("x", "0"):
        with pytest.raises(ValueError, match=r"^no inverse$"):
            inverse(value)


def test_create_exception_handlers() -> None:
    """A handler is a message or an exception class; the first that fits wins; others pass or get the text."""
    handlers = {ValueError: "not a number", TypeError: Refused}

    @types.create(exception_handlers=handlers)
    def strict(value: str) -> float:
        return 1 / int(value)

    @types.create(exception_handlers=handlers, error_text="anything else")
    def complete(value: str) -> float:
        return 1 / int(value)

    for kind in (strict, complete):
        with pytest.raises(ValueError, match=r"^not a number$"):
            kind("x")
        with pytest.raises(Refused) as caught:
            kind([1])
        assert caught.value.args == ([1],)
    with pytest.raises(ZeroDivisionError):
        strict("0")
    with pytest.raises(ValueError, match=r"^anything else$"):
        complete("0")


def test_create_context() -> None:
    """A type that accepts the context gets it; one built on it hands it down."""

    @types.create(accept_context=True)
    def seen(value: str, context: dict[str, str]) -> str:
        return value + context["suffix"]

    @types.create(extend=seen)
    def loud(value: str) -> str:
        return value.upper()

    context = {"suffix": "!"}
    assert seen("a", context) == "a!"
    assert seen("a", context=context) == "a!"
    assert loud("a", context) == "A!"
    assert seen._accept_context
    assert loud._accept_context
    assert not types.number._accept_context


def test_create_of_a_class_with_arguments() -> None:
    """Where the parent takes arguments, so does the new type; ``auto_instance=False`` keeps the class."""

    @types.create(extend=types.InRange)
    def doubled(value: int) -> int:
        return 2 * value

    @types.create(auto_instance=False)
    def plain(value: str) -> str:
        return value

    assert doubled(1, 5)("4") == 8
    assert plain()("x") == "x"


def test_create_of_an_instance_with_settings() -> None:
    """An instance lends its settings to the type that is built on it."""

    @types.create(extend=types.in_range(1, 5), doc="A grade")
    def grade(value: int) -> str:
        return "ABCD"[value - 1]

    assert grade.__doc__ == "A grade"
    assert grade("2") == "B"
    with pytest.raises(ValueError, match="reaches the limit of 5"):
        grade("5")


def test_accept() -> None:
    """A cast function becomes a type."""
    port = types.accept(int, "A port", exception_handlers={ValueError: "no port"})
    assert port.__doc__ == "A port"
    assert port("80") == 80
    with pytest.raises(ValueError, match=r"^no port$"):
        port("x")
    prefixed = types.accept(lambda value, context: context + value, "Prefixed", accept_context=True)
    assert prefixed("b", "a") == "ab"


@pytest.mark.parametrize(
    ("kind", "value", "made"),
    [
        (bytes, "ä", "ä".encode()),
        (bytes, [104, 105], b"hi"),
        (bytes, b"raw", b"raw"),
        (bytearray, "a", bytearray(b"a")),
        (Fraction, "1/3", Fraction(1, 3)),
        (Fraction, "1e4", Fraction(10_000)),
        (Fraction, "1.5e-300", Fraction(15, 10**301)),
        (int, "5", 5),
    ],
)
def test_careful_constructors(kind: Callable[[Any], Any], value: object, made: object) -> None:
    """Values become bytes and fractions as a client would expect; other types convert as they do."""
    assert careful(kind)(value) == made
    assert type(careful(kind)(value)) is type(made)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (bytes, 10**12),
        (bytes, "\ud800"),
        (bytes, [256]),
        (bytes, [10**12, "a"]),
        (bytes, None),
        (bytes, {}),
        (bytearray, 10**12),
        (Fraction, "1e999999999"),
        (Fraction, "1E+0099999"),
        (Fraction, "1e\N{ARABIC-INDIC DIGIT NINE}" + "\N{ARABIC-INDIC DIGIT NINE}" * 3),
        (Fraction, "1e-\N{DEVANAGARI DIGIT ONE}000"),
        (Fraction, "0." + "1" * 1000),
    ],
)
def test_no_more_than_was_sent(kind: Callable[[Any], Any], value: object) -> None:
    """A number from a client is no size to allocate, and no count of digits to compute, wherever it is."""
    wrappers = (
        careful(kind),
        types.Multiple[kind](),
        types.multi(kind),
        types.Chain(kind),
        types.Nullable(types.Chain(kind)),
        types.accept(kind),
        types.greater_than(0, convert=kind),
        types.InlineDictionary[str, kind](),
        converter(kind),
        converter(list[kind]),  # type: ignore[valid-type]
    )
    for convert in wrappers:
        if value is None and isinstance(convert, types.Nullable):
            continue
        given = f"a:{value}" if isinstance(convert, types.InlineDictionary) and kind is Fraction else value
        with pytest.raises(ValueError):  # noqa: PT011  # each has its own message
            convert(given)


@pytest.mark.parametrize("convert", [types.float_number, types.decimal])
@pytest.mark.parametrize("text", ["nan", "-NaN", "sNaN", "inf", "-Infinity"])
def test_limits_are_for_numbers(convert: Callable[[Any], Any], text: str) -> None:
    """What is not finite is in no range: neither that of a float nor that of a decimal."""
    for kind in (
        types.in_range(0, 10, convert),
        types.less_than(10, convert),
        types.greater_than(0, convert),
    ):
        with pytest.raises(ValueError, match=r"Invalid (float|decimal) number"):
            kind(text)


async def known(value: str) -> str:
    return value


class Known(types.Type):
    async def __call__(self, value: str) -> str:
        return value


@pytest.mark.parametrize("kind", [known, Known(), functools.partial(known)])
@pytest.mark.parametrize(
    "combine",
    [
        types.Nullable,
        types.Chain,
        lambda kind: types.multi(kind, int),
        lambda kind: types.Multiple[kind](),
        lambda kind: types.DelimitedList[kind](),
        lambda kind: types.InlineDictionary[str, kind](),
        lambda kind: types.in_range(1, 5, kind),
        lambda kind: types.TypedProperty("name", kind),
        types.accept,
        hug.type(extend=types.text),
        lambda kind: hug.type(extend=kind)(str),
    ],
)
def test_async_parts(combine: Callable[[Any], Any], kind: Any) -> None:
    """A type that is made of an async one is refused when it is made: nobody would await that."""
    with pytest.raises(TypeError, match=r"is async, and hug awaits no parts of a type"):
        combine(kind)


def test_async_type_to_build_on() -> None:
    """A class whose calls are async cannot be extended."""
    with pytest.raises(TypeError, match="Known is async"):
        hug.type(extend=Known)
