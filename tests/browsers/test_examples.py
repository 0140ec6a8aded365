"""The page that `make run` shows, served by the command `make run` uses."""

import pytest

from ..ports import free_port
from .engines import Browser
from .examples import serving_example
from .watching import wait_for

STATE = "document.getElementById('state').textContent"
CLOCK = "document.getElementById('clock').textContent"


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    return free_port()


def test_live_page_moves(browser: Browser, port: int) -> None:
    """The clock ticks, samples arrive, the chart is drawn anew, and the page says that it is live."""
    with serving_example("live.py", port, options=()):
        browser.open(f"http://127.0.0.1:{port}/")
        wait_for(
            browser, f"{STATE} === 'live' && samples.length > 500 && /^\\d\\d:\\d\\d:\\d\\d$/.test({CLOCK})"
        )
        clock, sample, chart = browser.evaluate(f"[{CLOCK}, samples.at(-1).time, canvas.toDataURL()]")
        wait_for(browser, f"{CLOCK} !== '{clock}'")
        wait_for(browser, f"samples.at(-1).time > {sample}")
        wait_for(browser, f"canvas.toDataURL() !== '{chart}'")
        browser.open("about:blank")


def test_live_page_survives_its_server(browser: Browser, port: int) -> None:
    """While the server is gone the page says so; when it is back, the page gets what it missed, and once."""
    with serving_example("live.py", port, options=()):
        browser.open(f"http://127.0.0.1:{port}/")
        wait_for(browser, f"{STATE} === 'live' && samples.length > 500")
    wait_for(browser, f"{STATE} === 'reconnecting'")
    before = browser.evaluate("samples.at(-1).time")
    with serving_example("live.py", port, options=()):
        wait_for(browser, f"{STATE} === 'live' && samples.at(-1).time > {before}")
        times = browser.evaluate("samples.map(sample => sample.time)")
        browser.open("about:blank")
    numbers = [round(time * 20) for time in times]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
