"""What the engines themselves do with bytes from a bare socket: the ground hug's promises stand on."""

import pytest

from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.encode import HEARTBEAT, farewell, opening

from .engines import Browser
from .servers import Answer, Script
from .watching import events, kinds, listen, said, wait_for, witness

RETRY = b"retry: 50\n"


def test_opening_says_nothing(browser: Browser, raw: Script) -> None:
    """A page that lost nothing does not notice the bytes a hug stream begins with."""
    raw.answers["/s"] = [Answer(opening(guard=Guard.EVENT) + b"data: whole\n\n", "open")]
    listen(browser, raw.port, "/s")
    report = said(browser, 2)
    assert kinds(report) == ["open", "message"]
    assert events(report) == [("message", "whole", "")]


TEARS = {
    "in data": b"data: torn",
    "in data, after a line of it": b"data: torn\ndata: to",
    "after data": b"data: torn\n",
    "in the name of a field": b"data: torn\ndat",
    "before a colon": b"data: torn\ndata",
    "in a character": "data: torn ü".encode()[:-1],
    "between CR and LF": b"data: torn\r",
    "in event": b"data: torn\nevent: ti",
    "after event": b"event: tick\ndata: torn",
    "in retry": b"data: torn\nretry: 9",
    "in a comment": b"data: torn\n: wor",
    "in id": b"data: torn\nid: 1",
    "in id, before data": b"id: 1",
    "after id, before data": b"id: 17\nevent: tick\n",
}
CASES = {f"{place}, an id before": (tear, "12") for place, tear in TEARS.items()}
CASES |= {f"{place}, no id before": (tear, "") for place, tear in TEARS.items() if b"id" in tear}


@pytest.mark.parametrize(("tear", "last_id"), CASES.values(), ids=CASES)
def test_opening_discards_what_was_torn(browser: Browser, raw: Script, tear: bytes, last_id: str) -> None:
    """No text of a torn event reaches the page, and the last id is that of the last whole event."""
    first = RETRY + (b"id: %b\n" % last_id.encode() if last_id else b"") + b"data: first\n\n"
    rest = b"data: second\n\nevent: tick\ndata: third\n\nid: 18\ndata: fourth\n\n"
    raw.answers["/s"] = [
        Answer(opening(guard=Guard.EVENT) + first + tear, "torn"),
        Answer(opening(last_id, guard=Guard.EVENT) + rest, "open"),
    ]
    listen(browser, raw.port, "/s", "tick")
    report = said(browser, 7)
    assert kinds(report) == ["open", "message", "error", "open", "message", "tick", "message"]
    assert events(report) == [
        ("message", "first", last_id),
        ("message", "second", last_id),
        ("tick", "third", last_id),
        ("message", "fourth", "18"),
    ]
    assert raw.last_ids("/s") == [None, last_id or None]


def test_first_id_is_kept(browser: Browser, raw: Script) -> None:
    """A stream that breaks before its first event is resumed from the id it opened with."""
    raw.answers["/s"] = [
        Answer(opening("4", 50, guard=Guard.EVENT), "torn"),
        Answer(opening("4", 50, guard=Guard.EVENT) + HEARTBEAT + b"data: five\nid: 5\n\n" + farewell(50)),
        Answer(opening("5", guard=Guard.EVENT) + b"data: six\n\n", "open"),
    ]
    listen(browser, raw.port, "/s")
    wait_for(browser, "report.some(entry => entry.data === 'six')")
    assert events(browser.evaluate("report")) == [("message", "five", "5"), ("message", "six", "5")]
    assert raw.last_ids("/s") == [None, "4", "5"]


def test_clean_end(browser: Browser, raw: Script) -> None:
    """A stream that ends is opened again with the last id, after one error that says so."""
    raw.answers["/s"] = [
        Answer(RETRY + "id: naïve\ndata: one\n\n".encode()),
        Answer(b"data: two\n\n", "open"),
    ]
    listen(browser, raw.port, "/s")
    report = said(browser, 5)
    assert kinds(report) == ["open", "message", "error", "open", "message"]
    assert [entry["readyState"] for entry in report] == [1, 1, 0, 1, 1]
    assert raw.requests["/s"][1]["last-event-id"] == "naïve"


def test_no_content_stops(browser: Browser, raw: Script) -> None:
    """After 204 there is one error with readyState 2, and never another request."""
    raw.answers["/s"] = [Answer(RETRY + b"data: one\n\n")]
    raw.answers["/witness"] = [Answer(RETRY), Answer(RETRY), Answer(RETRY, "open")]
    listen(browser, raw.port, "/s")
    wait_for(browser, "source.readyState === 2")
    witness(browser, "/witness", 3)
    report = browser.evaluate("report")
    assert kinds(report) == ["open", "message", "error", "error"]
    assert [entry["readyState"] for entry in report] == [1, 1, 0, 2]
    assert len(raw.requests["/s"]) == 2


FATAL = {
    "204": Answer(status="204 No Content"),
    "400": Answer(status="400 Bad Request"),
    "503": Answer(status="503 Service Unavailable"),
    "wrong type": Answer(b"data: one\n\n", content_type="application/json"),
}


@pytest.mark.parametrize("answer", FATAL.values(), ids=FATAL)
def test_fatal_answers(browser: Browser, raw: Script, answer: Answer) -> None:
    """An answer that is no stream gives one error with readyState 2 and nothing else."""
    raw.answers["/s"] = [answer]
    listen(browser, raw.port, "/s")
    (error,) = said(browser, 1)
    assert (error["type"], error["readyState"]) == ("error", 2)


def test_refused(browser: Browser, raw: Script) -> None:
    """A connection that is closed before its answer gives an error with readyState 0, and a new try."""
    one, two = RETRY + b"data: one\n\n", b"data: two\n\n"
    raw.answers["/s"] = [Answer(one), Answer(ending="torn"), Answer(two, "open")]
    listen(browser, raw.port, "/s")
    wait_for(browser, "report.some(entry => entry.data === 'two')")
    errors = [entry["readyState"] for entry in browser.evaluate("report") if entry["type"] == "error"]
    assert set(errors) == {0}
