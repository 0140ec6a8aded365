"""Helpers of formats, output formats and input formats."""

import io
import json as standard_json
from typing import NamedTuple
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hug import input_format, output_format
from hug.exceptions import BodyUnreadable
from hug.format import camelcase, content_type, parse_content_type, underscore


class Pair(NamedTuple):
    first_one: int
    second_one: int


def test_content_type_tags_a_formatter() -> None:
    """The decorator returns the function itself, tagged."""

    def formatter(data: object) -> bytes:
        return b""

    assert content_type("x/y")(formatter) is formatter
    assert formatter.content_type == "x/y"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("text/html; charset=utf-8", ("text/html", {"charset": "utf-8"})),
        ("application/json", ("application/json", {})),
        ('a/b;x="q;z";y=1', ("a/b", {"x": "q;z", "y": "1"})),
        ("TEXT/HTML; Charset=UTF-8", ("text/html", {"charset": "UTF-8"})),
        ("text/html;", ("text/html", {})),
        ("", ("", {})),
        (None, ("", {})),
    ],
)
def test_parse_content_type(header: str | None, expected: object) -> None:
    """A media type is split from its parameters; its case and the parameters' names' do not matter."""
    assert parse_content_type(header) == expected


@pytest.mark.parametrize(
    ("snake", "camel"),
    [
        ("snake_case", "snakeCase"),
        ("already", "already"),
        ("a_1b", "a1B"),
        ("a__b", "aB"),
        ("trail_", "trail"),
        ("HTTP_server", "HttpServer"),
        ("_private_name", "_privateName"),
        ("", ""),
        ("__", "__"),
    ],
)
def test_camelcase(snake: str, camel: str) -> None:
    """Words after an underscore are capitalised; underscores at the start are kept."""
    assert camelcase(snake) == camel


@pytest.mark.parametrize(
    ("camel", "snake"),
    [
        ("camelCase", "camel_case"),
        ("HTTPServer", "http_server"),
        ("someXMLThing", "some_xml_thing"),
        ("getHTTP2Response", "get_http2_response"),
        ("already_snake", "already_snake"),
        ("a1B", "a1_b"),
        ("ABC", "abc"),
        ("", ""),
    ],
)
def test_underscore(camel: str, snake: str) -> None:
    """A word starts where a capital follows a small letter, and at the last of several capitals."""
    assert underscore(camel) == snake


@pytest.mark.parametrize(
    ("formatter", "media_type", "doc"),
    [
        ("json", "application/json", "JSON (Javascript Serialized Object Notation)"),
        (
            "pretty_json",
            "application/json",
            "JSON (Javascript Serialized Object Notion) pretty printed and indented",
        ),
        (
            "json_camelcase",
            "application/json",
            "JSON (Javascript Serialized Object Notation) with all keys camelCased",
        ),
        ("text", "text/plain", "Free form UTF-8 text"),
        ("html", "text/html", "HTML (Hypertext Markup Language)"),
    ],
)
def test_output_formats_describe_themselves(formatter: str, media_type: str, doc: str) -> None:
    """Content type and docstring are what documentation pages have always shown."""
    function = getattr(output_format, formatter)
    assert function.content_type == f"{media_type}; charset=utf-8"
    assert function.__doc__ == doc
    assert function("x", request=object(), response=object())


def test_output_json() -> None:
    """JSON is UTF-8 with the spaces of `json.dumps`; a lone surrogate, which UTF-8 lacks, is escaped."""
    assert output_format.json({"a": ["\N{SNOWMAN}", None]}) == b'{"a": ["\xe2\x98\x83", null]}'
    assert output_format.json("\ud800\N{SNOWMAN}") == b'"\\ud800\xe2\x98\x83"'
    assert output_format.json({"b": 1, "a": 2}, sort_keys=True, indent=1) == b'{\n "a": 2,\n "b": 1\n}'


def test_output_pretty_json() -> None:
    """Four spaces a level."""
    assert output_format.pretty_json({"a": [1]}) == b'{\n    "a": [\n        1\n    ]\n}'


def test_output_json_camelcase() -> None:
    """Keys change at any depth, values never."""
    data = {"under_score": "a_b", 1: (Pair(1, 2), [{"in_list": {"in_dict": "x_y"}}])}
    assert standard_json.loads(output_format.json_camelcase(data)) == {
        "underScore": "a_b",
        "1": [{"firstOne": 1, "secondOne": 2}, [{"inList": {"inDict": "x_y"}}]],
    }


def test_output_text_and_html() -> None:
    """Both write the text of anything, and bytes as they are; HTML asks an object to render itself."""

    class Page:
        def render(self) -> str:
            return "<p>"

    for formatter in (output_format.text, output_format.html):
        assert formatter("\N{SNOWMAN}") == b"\xe2\x98\x83"
        assert formatter(1) == b"1"
        assert formatter(b"<b>") == b"<b>"
        assert formatter("lone \ud800") == b"lone ?"
    assert output_format.html(Page()) == b"<p>"


def test_json_convert() -> None:
    """`json_convert` teaches the JSON formats a type, and returns the function."""

    class Celsius:
        pass

    @output_format.json_convert(Celsius)
    def degrees(value: Celsius) -> str:
        return "21 degrees"

    assert output_format.json([Celsius()]) == b'["21 degrees"]'
    assert standard_json.dumps(Celsius(), default=output_format._json_converter) == '"21 degrees"'
    assert degrees(Celsius()) == "21 degrees"


def read(name: str, body: bytes, **parameters: object) -> object:
    return getattr(input_format, name)(io.BytesIO(body), **parameters)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("text", "text/plain"),
        ("json", "application/json"),
        ("urlencoded", "application/x-www-form-urlencoded"),
        ("urlencoded_as_sent", "application/x-www-form-urlencoded"),
    ],
)
def test_input_formats_take_any_parameter(name: str, media_type: str) -> None:
    """A formatter says what it reads and ignores parameters of the content type that it does not know."""
    assert getattr(input_format, name).content_type == media_type
    read(name, b"1", charset="utf-8", content_length=1, boundary="x")


def test_input_text() -> None:
    """Text is decoded as its content type says, as UTF-8 if it says nothing."""
    assert read("text", "\N{SNOWMAN}".encode()) == "\N{SNOWMAN}"
    assert read("text", b"\xe9", charset="latin-1") == "\N{LATIN SMALL LETTER E WITH ACUTE}"


def test_input_json() -> None:
    """JSON is read into Python objects, in the charset the client names."""
    assert read("json", b'{"a": [1]}') == {"a": [1]}
    assert read("json", '{"a": "x"}'.encode("utf-16"), charset="utf-16") == {"a": "x"}
    assert read("json", b'["\\ud83d\\ude00", "\\\\ud800"]') == ["\N{GRINNING FACE}", "\\ud800"]


def test_input_json_underscore() -> None:
    """Keys of objects in objects change; values, and objects in arrays, do not."""
    body = b'{"camelCase": {"becauseWeCan": "ValueExempt"}, "list": [{"keptHere": 1}]}'
    assert read("json_underscore", body) == {
        "camel_case": {"because_we_can": "ValueExempt"},
        "list": [{"keptHere": 1}],
    }
    assert read("json_underscore", b'[{"keptHere": 1}]') == [{"keptHere": 1}]


@pytest.mark.parametrize(
    ("name", "body", "charset", "message"),
    [
        ("json", b"{", "utf-8", "Invalid JSON: Expecting property name"),
        ("json", b"", "utf-8", "Invalid JSON: Expecting value"),
        ("json", b"[" * 100_000, "utf-8", "Invalid JSON: JSON is nested too deep"),
        ("json", b"\xff", "utf-8", "Invalid utf-8 text"),
        ("json", b"{}", "klingon", "Unknown charset 'klingon'"),
        ("json_underscore", b"{", "utf-8", "Invalid JSON"),
        ("json_underscore", b'{"a":' * 600 + b"1" + b"}" * 600, "utf-8", "nested too deep"),
        ("json", b'{"a": ["\\ud800"]}', "utf-8", "lone surrogate"),
        ("json", b'{"\\uDFFF": 1}', "utf-8", "lone surrogate"),
        ("text", b"-a", "punycode", "Unknown charset 'punycode'"),
        ("text", b"a", "x" * 2000, "Unknown charset 'xxxx"),
        ("text", b"6162", "hex", "Unknown charset 'hex'"),
        ("text", b"a", "utf\0", "Unknown charset"),
        ("json", b"[" + b"[]," * 50_000 + b"1]", "utf-8", "too many members"),
        ("json_underscore", b"[" + b"1," * 100_000 + b"1]", "utf-8", "too many members"),
        ("urlencoded", b"&".join(b"%x=1" % n for n in range(100_001)), "utf-8", "form has too many values"),
        ("urlencoded", b"a=" + b"1," * 100_000, "utf-8", "form has too many values: 100000 are the most"),
        ("urlencoded_as_sent", b"a=1&" * 100_000, "utf-8", "form has too many values"),
        ("urlencoded", b"a=\xff", "utf-8", "Invalid utf-8 text"),
    ],
)
def test_unreadable_bodies(name: str, body: bytes, charset: str, message: str) -> None:
    """Whatever a client sends amiss is one kind of error, whose message says what."""
    with pytest.raises(BodyUnreadable, match=message):
        read(name, body, charset=charset)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"x=1&y=2&x=3", {"x": ["1", "3"], "y": "2"}),
        (b"a=x,", {"a": ["x"]}),
        (b"a=x,y", {"a": ["x", "y"]}),
        (b"a=x%2Cy", {"a": "x,y"}),
        (b"a=1,2&a=3", {"a": ["1", "2", "3"]}),
        (b"a=&b&c=1", {"c": "1"}),
        (b"a=1+2&b=b=c", {"a": "1 2", "b": "b=c"}),
        ("a=\N{SNOWMAN}&b=%E2%98%83".encode(), {"a": "\N{SNOWMAN}", "b": "\N{SNOWMAN}"}),
        (b"", {}),
    ],
)
def test_input_urlencoded(body: bytes, expected: object) -> None:
    """Blanks are left out; what is repeated, or separated by commas, is a list."""
    assert read("urlencoded", body) == expected


@pytest.mark.slow
@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1) | st.lists(st.text(min_size=1), min_size=2)))
def test_urlencoded_round_trip(fields: dict[str, str | list[str]]) -> None:
    """What a browser percent-encodes reads back equal."""
    pairs = [
        f"{quote_plus(name)}={quote_plus(value)}"
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    assert read("urlencoded", "&".join(pairs).encode()) == fields


def test_charsets_are_for_the_application_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    """A charset that is not among those offered can be added."""
    monkeypatch.setitem(input_format.CHARSETS, "shift_jis", "shift_jis")
    assert read("text", b"\x83n", charset="Shift_JIS") == "\N{KATAKANA LETTER HA}"


def test_data_is_no_html() -> None:
    """What is no text, but holds some, is escaped as HTML; text is HTML already."""
    for value in ({"a": "<b>"}, ["<b>"], ("<b>",), {"<b>"}):
        assert b"<" not in output_format.html(value)
        assert b"&lt;b&gt;" in output_format.html(value)
    assert output_format.html("<b>") == b"<b>"
