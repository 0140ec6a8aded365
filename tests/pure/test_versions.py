"""The rule of versions: what may be given, what is asked for, and who answers."""

import pytest

from hug.versions import (
    UNVERSIONED,
    VersionError,
    asked_for,
    chosen,
    in_path,
    key,
    normalised,
    number,
    numbers,
    url,
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (1, (1,)),
        ("12", (12,)),
        (("1", 2), (1, 2)),
        (range(2, 4), (2, 3)),
        (None, (None,)),
        (False, (False,)),
        ((0, False, None), (0, False, None)),
    ],
)
def test_given(given, kept) -> None:
    """Versions may be given as numbers or texts, one or several; False and None stay what they are."""
    assert [(type(each), each) for each in normalised(given)] == [(type(each), each) for each in kept]


@pytest.mark.parametrize("given", ["eight", ("1", "x"), -1, "-1", "", "1" * 19, "\uff11"])
def test_refused(given) -> None:
    """What is no version is an error that names it."""
    with pytest.raises(VersionError, match="version"):
        normalised(given)


def test_zero_is_a_version() -> None:
    """Version 0 is not "no version", though False is equal to 0."""
    kept = {key(False): "none", key(0): "zero"}
    assert (chosen(kept, None), chosen(kept, 0), chosen(kept, 1)) == ("none", "zero", None)
    assert numbers([None, UNVERSIONED, 2, 0]) == [0, 2]


def test_all_versions_answer_for_those_that_are_not_there() -> None:
    """What is kept for all versions answers where nothing is kept for the one that is asked for."""
    assert chosen({None: "any", 1: "one"}, 1) == "one"
    assert chosen({None: "any", 1: "one"}, 2) == "any"
    assert chosen({None: "any", 1: "one"}, None) == "any"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("0", 0),
        ("007", 7),
        ("20261126", 20261126),
        ("", None),
        ("-1", None),
        ("1_0", None),
        ("9" * 5000, None),
    ],
)
def test_numbers(text: str, version: int | None) -> None:
    """A version has 1 to 18 digits, and nothing else."""
    assert number(text) == version


def test_asked_for() -> None:
    """The URL, the header and the query ask; they may repeat each other, but not differ."""
    assert asked_for(None, None, None) is None
    assert asked_for(0, None, "0") == 0
    assert asked_for(None, "3", None) == 3
    for asked in ((1, "2"), (None, "1", "2"), (None, "x"), (None, ["1", "2"]), (None, "9" * 5000)):
        with pytest.raises(VersionError):
            asked_for(*asked)


@pytest.mark.parametrize(
    ("base_url", "version", "expected"),
    [("", None, "/x"), ("", 0, "/v0/x"), ("/api", 1, "/api/v1/x"), ("/api", None, "/api/x")],
)
def test_urls(base_url: str, version: int | None, expected: str) -> None:
    """The version stands behind the base URL, and is found there again."""
    assert url(base_url, "/x", version) == expected
    assert in_path(expected, [base_url]) == version


@pytest.mark.parametrize("path", ["/vx/x", "/v1x", "/x/v1", "/v" + "9" * 5000, "/v1\n", "/v\uff11/x"])
def test_no_version_in_path(path: str) -> None:
    """A path that only resembles one asks for no version."""
    assert in_path(path, ["", "/api"]) is None
