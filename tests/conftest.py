"""What holds for all tests: which of them go together, and that in CI none is left out."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

TOGETHER = {"browsers", "clients", "command", "servers"}
"""Folders whose tests share processes, or lean on time: one worker runs all of a folder, one by one."""


@pytest.hookimpl(tryfirst=True)  # before what reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell the workers what goes together; they take all other tests as they come."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(folder))


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
