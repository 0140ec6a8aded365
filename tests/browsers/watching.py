"""Ask the recorder page what its ``EventSource`` said."""

import json
import time
from typing import Any
from urllib.parse import urlencode

from ..waiting import PATIENCE, Stopwatch
from .engines import Browser


def listen(browser: Browser, port: int, stream: str, *named: str) -> None:
    """Open the recorder page of a server; it listens to ``stream`` and to the event types ``named``."""
    query = urlencode([("stream", stream), *(("named", name) for name in named)])
    browser.open(f"http://127.0.0.1:{port}/?{query}")


def wait_for(browser: Browser, condition: str) -> None:
    """Return as soon as a JavaScript condition holds in the page; fail if it never does."""
    watch = Stopwatch()
    while not browser.evaluate(condition):
        if watch.over(PATIENCE):
            raise AssertionError(f"{condition} never came true; report: {browser.evaluate('window.report')}")
        time.sleep(0.02)


def said(browser: Browser, entries: int) -> list[dict[str, Any]]:
    """Wait until the page has recorded that many entries; return all it has."""
    wait_for(browser, f"report.length >= {entries}")
    return browser.evaluate("report")


def kinds(report: list[dict[str, Any]]) -> list[str]:
    """Return the types of what was recorded, in order."""
    return [entry["type"] for entry in report]


def events(report: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Return (type, data, last event id) of each event that carried data."""
    carried = (entry for entry in report if entry["data"] is not None)
    return [(entry["type"], entry["data"], entry["lastEventId"]) for entry in carried]


def witness(browser: Browser, path: str, connections: int) -> None:
    """Wait until a second ``EventSource`` of the page has connected that often.

    Shows that something does not happen: by then the time of whatever the first one had planned is over.
    """
    browser.evaluate(f"witness({json.dumps(path)})")
    wait_for(browser, f"witnessed >= {connections}")
