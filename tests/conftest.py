"""What holds for all tests: which of them go together, and that in CI none is left out."""

import gc
import os
import signal
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault.
settings.register_profile("hug", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", parent=settings.get_profile("hug"), max_examples=20)
settings.load_profile("hug")  # --hypothesis-profile=quick overrides it

TOGETHER = {"browsers", "clients", "faults", "hug2"}
"""Folders whose tests share processes, or lean on time: one worker runs all of a folder, one by one."""

IN_PARTS = {"command", "engines", "servers"}
"""Folders of the same kind that are so large that the files and folders in them may be parted."""

LONG = (
    "browsers",
    "engines/conformance",
    "engines/test_shared.py",
    "servers/test_ending.py",
    "command/test_workers.py",
    "engines/shared",
    "engines/test_channels_at_random.py",
    "command/test_listen.py",
    "engines/nats",
    "servers/test_recycling.py",
    "servers/test_http_limits.py",
    "command/test_reload.py",
    "command/test_serving.py",
    "engines/postgres",
    "test_docs.py",
    "servers/test_wsgi.py",
    "servers/test_slow_clients.py",
    "servers/test_crossing.py",
    "faults",
    "clients",
    "engines/test_processes.py",
    "servers/test_watching.py",
    "servers/test_openapi.py",
    "servers/test_replacing.py",
    "core/test_bounds_of_types.py",
    "hug2",
    "typed/test_typed.py",
    "servers/test_bodies.py",
)
"""What takes longest, longest first: begun last, it would go on alone in the end."""


def part(nodeid: str) -> str:
    """Return what a test is run with, by one worker: its file, or a folder."""
    path = nodeid.partition("::")[0].removeprefix("tests/")
    folder, *inside = path.split("/")
    if folder in IN_PARTS:
        return f"{folder}/{inside[0]}"
    return folder if folder in TOGETHER else path


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector away from the tests themselves: it walked them for a third of their time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have several workers begin with what takes longest."""
    if hasattr(config, "workerinput"):
        places = {name: place for place, name in enumerate(LONG)}
        items.sort(key=lambda item: places.get(part(item.nodeid), len(LONG)))


# Shells start what is to run beside them with SIGINT ignored, which is inherited by all that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have a worker take one part after the other, in that order."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return part(nodeid)

    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Nothing is skipped in CI: what is missing there is an error."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which nothing may be in CI: {report.longrepr}"
    return report
