"""Values in binary: what the server reads is what was given, and what it gives is what we read."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import Transformer
from psycopg.pq import Format

from hug.eventstream.engines.postgres.binary import argument, integer, integers, real, text, texts


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=5))
def test_there_and_back(given: list[str]) -> None:
    """A list of texts is the same after it was written and read."""
    written = argument(given, "utf-8")
    assert written is not None
    assert texts(written, "utf-8") == given


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("{1,NULL,3}", "text"),
        (None, "text"),
        ([], "text[]"),
        (["a", "", "\u00e9\U0001f600{},\"'\\"], "text[]"),
        ([None, "{1,2}", None], "text[]"),
        ([b"", b"\0\xff", b"data: x\n"], "bytea[]"),
    ],
)
def test_what_the_server_reads(admin: psycopg.Connection[Any], value: object, kind: str) -> None:
    """All that is given as an argument arrives as it is, empty and missing items, too."""
    result = admin.pgconn.exec_params(
        f"SELECT $1::{kind}".encode(),
        [argument(value, "utf-8")],
        param_formats=[Format.BINARY],
        result_format=Format.BINARY,
    )
    found = result.get_value(0, 0)
    loader = Transformer(admin).get_loader(result.ftype(0), Format.BINARY)
    assert (None if found is None else loader.load(found)) == value


@pytest.mark.parametrize(
    ("read", "written", "value"),
    [
        (integer, "(-9223372036854775808)::bigint", -(2**63)),
        (integer, "9223372036854775807::bigint", 2**63 - 1),
        (real, "1795837839.887479::float8", 1795837839.887479),
        (integers, "'{}'::int[]", []),
        (integers, "'{1,-2,2147483647}'::int[]", [1, -2, 2**31 - 1]),
        (lambda value: text(value, "utf-8"), "'\u00e9\U0001f600'::text", "\u00e9\U0001f600"),
    ],
)
def test_what_the_server_gives(
    admin: psycopg.Connection[Any], read: Callable[[bytes], object], written: str, value: object
) -> None:
    """Each kind of value is read as it is."""
    result = admin.pgconn.exec_params(f"SELECT {written}".encode(), [], result_format=Format.BINARY)
    found = result.get_value(0, 0)
    assert found is not None
    assert read(found) == value
