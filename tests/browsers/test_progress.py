"""The page of `examples/progress.py`, whose jobs go as far as a test lets them."""

import importlib.util
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
import uvicorn

from ..ports import free_port
from ..waiting import until
from .engines import Browser, Chromium
from .examples import FOLDER, serving_example
from .watching import wait_for

STEPS = "[...find('steps').children].map(step => step.textContent)"
FIRST, SECOND = "Reading the orders", "Adding them up"

pytestmark = pytest.mark.parametrize("browser", ["chromium"], indirect=True)


@pytest.fixture(scope="module")
def progress() -> Iterator[ModuleType]:
    """The example as a module."""
    spec = importlib.util.spec_from_file_location("progress", FOLDER / "progress.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["progress"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["progress"]


@pytest.fixture(scope="module")
def address(progress: ModuleType) -> Iterator[str]:
    """Where uvicorn serves it."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(progress.__hug_asgi__, log_level="warning", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join()


@pytest.fixture
def allow(
    progress: ModuleType, address: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[int], None]]:
    """A function that lets so many steps be done, by whichever jobs are waiting."""
    allowed = threading.Semaphore(0)

    def work(number: int) -> None:
        if not allowed.acquire(timeout=30):
            raise TimeoutError(f"nobody has allowed step {number}")

    monkeypatch.setattr(progress, "work", work)
    yield allowed.release
    allowed.release(progress.MOST * len(progress.STEPS))
    until(lambda: not progress.running, "jobs end")


def start(browser: Browser) -> None:
    browser.evaluate("find('start').click()")
    wait_for(browser, "!find('start').disabled")


def wait_for_percent(browser: Browser, percent: int) -> None:
    wait_for(browser, f"find('bar').getAttribute('aria-valuenow') === '{percent}'")


def wait_for_state(browser: Browser, state: str) -> None:
    wait_for(browser, f"find('state').textContent === '{state}'")


def reload(browser: Browser) -> None:
    """Load the page anew, as a second window that is given its address would."""
    browser.open(browser.evaluate("location.href"))


def test_bar_survives_a_reload(
    browser: Browser, progress: ModuleType, address: str, allow: Callable[[int], None]
) -> None:
    """The bar moves with the job; a page loaded midway shows what was done, goes on, and stops at the end."""
    browser.open(address)
    start(browser)
    allow(3)
    wait_for_percent(browser, 3)
    assert browser.evaluate(STEPS) == [FIRST]
    allow(27)
    wait_for_percent(browser, 30)

    reload(browser)
    wait_for_percent(browser, 30)
    wait_for_state(browser, "running")
    assert browser.evaluate(STEPS) == [FIRST, SECOND]
    allow(69)
    wait_for_percent(browser, 99)
    assert browser.evaluate("find('state').textContent") == "running"
    allow(1)
    wait_for_percent(browser, 100)
    wait_for_state(browser, "done")

    reload(browser)
    wait_for_percent(browser, 100)
    wait_for_state(browser, "done")
    assert browser.evaluate("[source.readyState, find('steps').children.length]") == [2, 4]
    job = browser.evaluate("new URLSearchParams(location.search).get('job')")
    channel = progress.hug.sse.channel(f"job:{job}")
    until(lambda: len(channel.readers) == 0, "the page closes its stream")


def test_page_is_left_and_comes_back(
    browser: Chromium, progress: ModuleType, address: str, allow: Callable[[int], None]
) -> None:
    """A page that is left holds no connection; when the user goes back to it, it goes on."""
    browser.open(address)
    start(browser)
    allow(20)
    wait_for_percent(browser, 20)
    (channel,) = (progress.hug.sse.channel(f"job:{job}") for job in progress.running)
    assert len(channel.readers) == 1
    browser.open("about:blank")
    until(lambda: len(channel.readers) == 0, "the stream ends")
    allow(10)
    browser._driver.back()
    wait_for(browser, "document.title === '30 %'")
    wait_for_state(browser, "running")


def test_unknown_job(browser: Browser, address: str) -> None:
    """A page with the id of no job says so and asks no more; one without an id has nothing to ask."""
    browser.open(f"{address}?job=0123456789abcdef")
    wait_for_state(browser, "unknown")
    assert browser.evaluate("source.readyState") == 2
    browser.open(address)
    wait_for_state(browser, "no job")
    assert browser.evaluate("source === undefined")


def test_too_many_jobs(
    browser: Browser, progress: ModuleType, address: str, allow: Callable[[int], None]
) -> None:
    """One job more than may run at once is refused, and the page says why; later it may start."""
    browser.open(address)
    for _ in range(progress.MOST):
        start(browser)
    assert len(progress.running) == progress.MOST
    shown = browser.evaluate("location.href")
    start(browser)
    trouble = browser.evaluate("find('trouble').textContent")
    assert trouble == f"{progress.MOST} jobs run already. Try again in a moment."
    assert browser.evaluate("location.href") == shown
    wait_for_state(browser, "running")

    allow(progress.MOST * len(progress.STEPS))
    until(lambda: not progress.running, "jobs end")
    start(browser)
    assert browser.evaluate("find('trouble').textContent") == ""
    assert browser.evaluate("location.href") != shown


def test_failed_job(
    browser: Browser,
    progress: ModuleType,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A job that raises is logged, makes room for others, and ends on the page as failed where it was."""

    def work(number: int) -> None:
        if number == 15:
            raise RuntimeError("no ink")

    monkeypatch.setattr(progress, "work", work)
    browser.open(address)
    start(browser)
    wait_for_state(browser, "failed")
    wait_for_percent(browser, 15)
    assert browser.evaluate(f"[source.readyState, {STEPS}]") == [2, [FIRST, SECOND]]
    until(lambda: not progress.running, "the job ends")
    assert "no ink" in caplog.text


def test_server_ends_while_a_job_runs(browser: Browser) -> None:
    """The server has nothing to complain of, and the page waits for the next one."""
    port = free_port()
    with serving_example("progress.py", port) as printed:
        browser.open(f"http://127.0.0.1:{port}/")
        start(browser)
        wait_for(browser, "find('bar').getAttribute('aria-valuenow') > 1")
    assert printed == [""]
    wait_for_state(browser, "reconnecting")
