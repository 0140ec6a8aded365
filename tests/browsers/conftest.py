"""Every test with a ``browser`` runs once in each engine; the engines start once, together."""

import os
import shutil
import warnings
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from .engines import ENGINES, Browser
from .servers import Script, raw_server


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Browser]]]:
    """The engines this run's tests ask for, started side by side."""
    wanted = {
        item.callspec.params.get("browser") for item in request.session.items if hasattr(item, "callspec")
    }
    with _foreign_warnings_ignored(), ThreadPoolExecutor() as starters:
        starting: dict[str, Future[Browser]] = {
            name: starters.submit(engine)
            for name, engine in ENGINES.items()
            if name in wanted and not missing(name)
        }
    yield starting
    with _foreign_warnings_ignored():
        for started in starting.values():
            if not started.exception():
                started.result().quit()


@contextmanager
def _foreign_warnings_ignored() -> Iterator[None]:
    """Not our warnings: selenium calls what it deprecates, marionette_driver forgets to close sockets."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", ResourceWarning)
        yield


@pytest.fixture(params=ENGINES)
def browser(request: pytest.FixtureRequest, engines: dict[str, Future[Browser]]) -> Iterator[Browser]:
    """A running engine; whatever page a test opened is left behind when the test ends."""
    name: str = request.param
    if absent := missing(name):
        reason = f"not on this machine: {', '.join(absent)} (see CONTRIBUTING.md)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    engine = engines[name].result()
    yield engine
    engine.open("about:blank")


def missing(engine: str) -> list[str]:
    """Return the programs an engine needs and this machine does not have."""
    return [program for program in ENGINES[engine].needs if shutil.which(program) is None]


@pytest.fixture
def raw() -> Iterator[Script]:
    """A server that says the bytes it is given."""
    with raw_server() as script:
        yield script
