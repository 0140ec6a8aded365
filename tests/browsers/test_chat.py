"""The chat of `examples/chat.py`, in two browsers, which need no more than one engine."""

import json
from collections.abc import Iterator

import pytest

from ..ports import free_port
from .engines import Browser, Chromium
from .examples import serving_example
from .watching import wait_for

LINES = "[...lines.children].map(line => [...line.children].map(part => part.textContent))"
NOTE = "find('note').textContent"

pytestmark = pytest.mark.parametrize("browser", ["chromium"], indirect=True)


@pytest.fixture
def other(browser: Browser) -> Iterator[Chromium]:
    """A second browser, which shares nothing with the first."""
    chromium = Chromium()
    yield chromium
    chromium.quit()


def enter_room(browser: Browser, port: int) -> None:
    browser.open(f"http://127.0.0.1:{port}/")
    wait_for(browser, "document.body.className === 'live'")


def fill(browser: Browser, field: str, text: str) -> None:
    """Put text into a field of the page, however long."""
    browser.evaluate(f"find({json.dumps(field)}).value = {json.dumps(text)}")


def press_enter(browser: Chromium) -> None:
    """Press the key itself: that this submits the form is up to the browser."""
    browser._driver.find_element("id", "text").send_keys("\n")


def say(browser: Chromium, name: str, text: str) -> None:
    fill(browser, "name", name)
    fill(browser, "text", text)
    press_enter(browser)


def heard(browser: Browser, lines: int) -> list[tuple[str, str]]:
    """Wait until a page shows that many lines; return who said what."""
    wait_for(browser, f"document.querySelectorAll('.line').length >= {lines}")
    shown = browser.evaluate(LINES)
    assert all(time[:2].isdecimal() for _, time, _ in shown), shown
    return [(name, text) for name, _, text in shown]


def test_two_browsers_talk(browser: Chromium, other: Chromium) -> None:
    """Each sees the lines of both, in one order, and those it was not there for; markup stays text."""
    port = free_port()
    said = [("Ada", "Is anybody here?"), ("Grace", "Me & <b>you</b>"), ("Ada", "<img onerror=alert() src=x>")]
    with serving_example("chat.py", port):
        enter_room(browser, port)
        say(browser, *said[0])
        assert heard(browser, 1) == said[:1]

        enter_room(other, port)
        assert heard(other, 1) == said[:1]
        say(other, *said[1])
        heard(other, 2)
        assert other.evaluate("find('text').value") == ""
        heard(browser, 2)

        other.open("about:blank")
        say(browser, *said[2])
        assert heard(browser, 3) == said
        other._driver.back()
        assert heard(other, 3) == said
        assert other.evaluate("document.querySelector('#lines img, #lines p b')") is None
        browser.open("about:blank")
        other.open("about:blank")


def test_what_is_too_long_is_refused(browser: Chromium) -> None:
    """The page lets nobody type more than hug takes, shows the error if it happens, and keeps the text."""
    port = free_port()
    with serving_example("chat.py", port):
        enter_room(browser, port)
        limits = [browser.evaluate(f"find('{field}').maxLength") for field in ("name", "text")]
        say(browser, "n" * limits[0], "t" * limits[1])
        assert heard(browser, 1) == [("n" * limits[0], "t" * limits[1])]
        say(browser, "n" * (limits[0] + 1), "hello")
        wait_for(browser, f"{NOTE}.startsWith('Not sent. name: ')")
        assert browser.evaluate("find('text').value") == "hello"
        say(browser, "n", "t" * (limits[1] + 1))
        wait_for(browser, f"{NOTE}.startsWith('Not sent. text: ')")
        assert len(heard(browser, 1)) == 1
        browser.open("about:blank")


def test_page_survives_its_server(browser: Chromium) -> None:
    """While the server is gone the page says so and keeps what could not be sent; a new server is a gap."""
    port = free_port()
    with serving_example("chat.py", port):
        enter_room(browser, port)
        say(browser, "Ada", "before")
        heard(browser, 1)
    wait_for(browser, "find('state').textContent === 'reconnecting'")
    say(browser, "Ada", "after")
    wait_for(browser, f"{NOTE} === 'Not sent: the server cannot be reached.'")
    with serving_example("chat.py", port):
        wait_for(browser, "find('state').textContent === 'live'")
        wait_for(browser, "document.querySelector('.missed')")
        press_enter(browser)
        wait_for(browser, "document.querySelectorAll('.line').length === 2")
        shown = browser.evaluate(
            "[...lines.children].map(line => (line.querySelector('p') ?? line).textContent)"
        )
        browser.open("about:blank")
    assert shown == ["before", "Some messages may be missing here.", "after"]
