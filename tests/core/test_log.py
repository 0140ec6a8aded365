"""Lines in the log for requests and responses."""

import logging

import pytest

import hug
from hug.web.log_text import escaped


@pytest.fixture
def lines(api: hug.API, caplog: pytest.LogCaptureFixture):
    api.http.add_middleware(hug.middleware.LogMiddleware())
    hug.get("/x", api=api)(lambda: 12)
    hug.sse("/stream", api=api)(lambda: ["event"])
    caplog.set_level(logging.INFO, "hug")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "hug"]


def test_lines(api: hug.API, lines) -> None:
    """One for the request and one for the response, with its status, its length and the client's name."""
    hug.test.get(api, "/x?a=b", headers={"User-Agent": "me (1.0)"})
    hug.test.get(api, "/nowhere", {"a": 1})
    first, second, third, fourth = lines()
    assert first == "Requested: GET /x?a=b None"
    who, when, what = (
        second.partition("[")[0],
        second.partition("[")[2].partition("]")[0],
        second.partition("] ")[2],
    )
    assert (who, what) == ("127.0.0.1 - - ", "GET /x?a=b 200 OK 2 me (1.0)")
    assert len(when) == len("2000-01-01 00:00:00.000000")
    assert third == "Requested: GET /nowhere application/json"
    assert "] GET /nowhere 404 Not Found " in fourth


def test_streams(api: hug.API, lines) -> None:
    """A stream has its line when it begins, without a length."""
    with hug.test.sse(api, "/stream") as events:
        next(events)
        assert lines()[1].partition("] ")[2].startswith("GET /stream 200 OK - ")


def test_another_logger(api: hug.API, caplog: pytest.LogCaptureFixture) -> None:
    """Lines go to the logger that is given."""
    caplog.set_level(logging.INFO, "mine")
    api.http.add_middleware(hug.middleware.LogMiddleware(logging.getLogger("mine")))
    hug.get("/x", api=api)(lambda: 12)
    hug.test.get(api, "/x")
    assert [record.name for record in caplog.records] == ["mine", "mine"]


def test_no_forged_lines(api: hug.API, lines) -> None:
    """What a client sends makes no line of its own, nor anything that moves a terminal's cursor."""
    evil = "%0d%0aRequested:%20GET%20/forged%1b[2J%e2%80%a8%5c"
    hug.test.get(api, f"/x{evil}", headers={"User-Agent": "a\x1b[31m\x85b", "Content-Type": "text/\x9b"})
    assert len(lines()) == 2
    assert all(line.isprintable() for line in lines())
    assert r"/x\r\nRequested: GET /forged\x1b[2J\u2028\\" in lines()[0]
    assert lines()[1].endswith(r"a\x1b[31m\x85b")


def test_errors_of_requests(api: hug.API, caplog: pytest.LogCaptureFixture) -> None:
    """Nor does its path, where the function logs an error of the request."""
    hug.get("/le/{name}", api=api)(lambda name, request: request.log_error("oops"))
    hug.test.get(api, "/le/x%0aCRITICAL%20forged%1b[31m")
    (record,) = caplog.records
    assert record.getMessage() == r"GET /le/x\nCRITICAL forged\x1b[31m: oops"


def test_escaped_is_reversible() -> None:
    """Two texts never become the same line."""
    assert [escaped(text) for text in ("a\nb", r"a\nb", "é")] == [r"a\nb", r"a\\nb", "é"]
