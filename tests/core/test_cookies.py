"""Cookies that requests bring."""

import subprocess
import sys

import pytest
from falcon import request_helpers
from hypothesis import example, given
from hypothesis import strategies as st

import hug
from hug.web import cookies

ORDINARY = st.text(st.sampled_from('ab="\\;01789, \t\n$é\x00'), max_size=40)
ANY = st.text(st.characters(max_codepoint=255), max_size=40)


@given(st.one_of(ORDINARY, ANY))
@example(r'a="\101\"\\\400\0"; b="; a=2;=;c d=1; e="x"y"')
def test_as_falcon_reads_them(header: str) -> None:
    """Names and values are those that Falcon finds, whatever comes."""
    assert cookies.parse(header) == request_helpers._parse_cookie_header(header)


def test_what_functions_get(api: hug.API) -> None:
    """The first value of each cookie by name, or all of one."""

    @hug.get("/x", api=api)
    def values(request):
        return [request.cookies, request.get_cookie_values("a"), request.get_cookie_values("c")]

    answer = hug.test.get(api, "/x", headers={"Cookie": r'a=1; b="\"q\""; a=2'})
    assert answer.data == [{"a": "1", "b": '"q"'}, ["1", "2"], None]
    assert hug.test.get(api, "/x").data == [{}, None, None]


PROGRAM = r"""
import resource, hug
resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
api = hug.API("many")
hug.get("/x", api=api)(lambda request: len(request.{read}))
for inside in '\\', '\\"', '\\9', '\\1', '"':
    inside *= {size} // len(inside)
    assert hug.test.get(api, "/x", headers={{"Cookie": 'a="' + inside + '"'}}).data == 1
assert hug.test.get(api, "/x", headers={{"Cookie": "a=;" * ({size} // 3)}}).status_code == 200
"""


@pytest.mark.slow
@pytest.mark.parametrize("read", ["cookies", 'get_cookie_values("a")[:1]'])
def test_many_backslashes(read: str) -> None:
    """The longest header that is taken, however it is made, is read in a small part of 5 seconds of CPU time.

    Python 3.11.7 itself takes 10 for the first of them.
    """
    program = PROGRAM.format(read=read, size=60_000)
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
