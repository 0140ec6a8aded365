"""The page that `make run` shows, served by the command `make run` uses."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .engines import Browser
from .watching import wait_for

EXAMPLE = Path(__file__).parents[2] / "examples" / "live.py"

STATE = "document.getElementById('state').textContent"
CLOCK = "document.getElementById('clock').textContent"


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def serving_example(port: int) -> Iterator[None]:
    """Serve the example until the block ends; it begins when the server listens."""
    command = [sys.executable, "-m", "hug", "-f", str(EXAMPLE), "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        try:
            _wait_until_listening(server, port)
            yield
        finally:
            server.terminate()
            server.communicate()


def _wait_until_listening(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 15
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                raise AssertionError(server.communicate()[0].decode()) from None
            time.sleep(0.02)
        else:
            return


def test_live_page_moves(browser: Browser, port: int) -> None:
    """The clock ticks, samples arrive, the chart is drawn anew, and the page says that it is live."""
    with serving_example(port):
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
    with serving_example(port):
        browser.open(f"http://127.0.0.1:{port}/")
        wait_for(browser, f"{STATE} === 'live' && samples.length > 500")
    wait_for(browser, f"{STATE} === 'reconnecting'")
    before = browser.evaluate("samples.at(-1).time")
    with serving_example(port):
        wait_for(browser, f"{STATE} === 'live' && samples.at(-1).time > {before}", timeout=20)
        times = browser.evaluate("samples.map(sample => sample.time)")
        browser.open("about:blank")
    numbers = [round(time * 20) for time in times]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
