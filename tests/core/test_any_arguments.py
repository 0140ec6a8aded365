"""Arguments of functions of every shape, from whatever a client sends."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hug

JSON = {"content-type": "application/json"}


def test_keys_that_are_injected(api: hug.API) -> None:
    """A key of the body, or of a query, called as what hug fills does not replace that."""

    @hug.post("/x", api=api)
    def handler(request, response, body, api_version=None, hug_timer=3):
        assert isinstance(request, hug.Request)
        assert isinstance(response, hug.Response)
        return [body, api_version, float(hug_timer) < 60]

    sent = dict.fromkeys(["request", "response", "body", "api_version", "hug_timer"], "mine")
    assert hug.test.post(api, "/x?request=q&body=q", sent).data == [sent, None, True]


def test_any_names(api: hug.API) -> None:
    """``**kwargs`` gets every name that no parameter has, as it came; ``*args`` gets nothing."""

    @hug.post("/{place}", api=api)
    def handler(first, *args, number: int = 0, **others):
        return [first, args, number, others]

    answer = hug.test.post(api, "/here?first=1&query=2", {"number": "3", "body": 4, "request": None})
    others = {"query": "2", "place": "here", "body": 4, "request": None}
    assert answer.data == ["1", [], 3, others]


def test_positional_only_with_default(api: hug.API) -> None:
    """A positional-only parameter that has a default keeps it: only names come from outside."""

    @hug.get("/x", api=api)
    def handler(kept=5, /, given=1):
        return [kept, given]

    assert hug.test.get(api, "/x?kept=1&given=2").data == [5, "2"]


def test_defaults_are_not_converted(api: hug.API) -> None:
    """A default is what the function says, whatever the type would make of it."""
    marker = ["a default"]

    @hug.get("/x", api=api)
    def handler(number: int = None, word: hug.types.text = marker, *, limit: hug.types.in_range(1, 5) = 99):  # noqa: RUF013
        return [number, word is marker, limit]

    assert hug.test.get(api, "/x").data == [None, True, 99]


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        (int | None, True),
        (str | None, True),
        (list[int] | None, True),
        (hug.types.Nullable(hug.types.number), True),
        (hug.types.smart_boolean, True),
        (bool, True),
        (int, False),
        (float, False),
        (list[int], False),
        (hug.types.number, False),
        (hug.types.text, False),
        (hug.types.uuid, False),
        (hug.types.in_range(1, 5), False),
    ],
)
def test_null(api: hug.API, kind, taken: bool) -> None:
    """``null`` is a value: for types that take it, and for others the client's mistake; it is no default."""

    @hug.post("/x", api=api)
    def handler(value: kind = "default"):
        return [value]

    answer = hug.test.post(api, "/x", {"value": None})
    if taken:
        assert answer.data == [kind(None) if kind in (bool, hug.types.smart_boolean) else None]
    else:
        assert answer.status_code == 400
        assert list(answer.data["errors"]) == ["value"]


def test_words_for_truth(api: hug.API) -> None:
    """`hug.types.boolean` takes any text for true, as it did; ``bool`` and standard typing read words."""

    @hug.get("/x", api=api)
    def handler(a: bool, b: hug.types.boolean, c: hug.types.smart_boolean, d: bool | None):
        return [a, b, c, d]

    assert hug.test.get(api, "/x?a=false&b=false&c=false&d=false").data == [False, True, False, False]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('{"a": 1, "a": 2}', [2]),
        ('{"a": NaN}', 400),
        ('{"a": Infinity}', 400),
        ('{"a": 1e400}', 400),
        ('{"a": ' + "1" * 4000 + "}", [int("1" * 4000)]),
        ('{"a": ' + "1" * 5000 + "}", 400),
        ('{"a": "\\ud800"}', 400),
        ('{"a": "\\ud83d\\ude00"}', ["\N{GRINNING FACE}"]),
        ('{"a": ' + "[" * 198 + "]" * 198 + "}", 200),
        ('{"a": ' + "[" * 201 + "]" * 201 + "}", 400),
        ('{"a"', 400),
        ("", 400),
    ],
)
def test_odd_json(api: hug.API, text: str, answer) -> None:
    """The last of several keys counts; numbers are as long as Python reads them; texts are Unicode."""

    @hug.post("/x", api=api)
    def handler(a):
        return [a]

    got = hug.test.post(api, "/x", text, headers=JSON)
    if answer == 400:
        assert got.status_code == 400
        assert list(got.data["errors"]) in (["body"], ["a"])
    else:
        assert got.status_code == 200
        assert answer in (None, 200) or got.data == answer


everything = hug.API()
NAMES = ["number", "words", "limited", "flag", "thing", "outside", "kept"]


@hug.http("/x", api=everything, map_params={"outside": "inside"}, parameters=[*NAMES[:5], "inside", "kept"])
def takes_many(
    number: int,
    words: list[str],
    limited: hug.types.in_range(0, 9),
    flag: hug.types.smart_boolean = False,
    thing: hug.types.json = None,
    inside: float | None = None,
    kept="kept",
):
    return True


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from([*NAMES, "inside", "body", "request", "self", "context", ""])


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(names, st.text(max_size=6))),
    st.none() | st.dictionaries(names, json_values) | json_values,
)
def test_mistakes_are_named(query, body) -> None:
    """Whatever comes is answered with 200, or with 400 and errors by the names of what is wrong."""
    pairs = [(name, text) for name, text in query if not any("\ud800" <= sign <= "\udfff" for sign in text)]
    text = "" if body is None else json.dumps(body)
    answer = hug.test.post(everything, "/x", text, headers=JSON, params=dict(pairs))
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert answer.data["errors"].keys() <= {*NAMES, "body"}
        assert all(answer.data["errors"].values())
