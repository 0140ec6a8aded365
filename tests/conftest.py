"""What holds for all tests: which of them go together, and that in CI none is left out."""

import os
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault.
settings.register_profile("hug", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hug")

TOGETHER = {"browsers", "clients", "command", "engines", "faults", "hug2", "servers"}
"""Folders whose tests share processes, or lean on time: one worker runs all of a folder, one by one."""

IN_PARTS = {"engines", "servers"}
"""Those among them that are so large that the files and folders in them may be parted."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have a worker take such a folder whole; all other tests are taken as they come."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folder, *inside = nodeid.partition("::")[0].removeprefix("tests/").split("/")
            if folder in IN_PARTS:
                return f"{folder}/{inside[0]}"
            return folder if folder in TOGETHER else nodeid

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
