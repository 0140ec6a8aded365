"""Whatever happens to an engine, the network or a worker: nobody loses an event in silence."""

import os
from concurrent.futures import Future

import pytest

from ..engines.servers import ALL
from .accounts import Figures
from .schedule import CASES, Case, possible

MOST_SECONDS = 120.0
"""After which a fault that is one of many has to be over."""


CHOSEN = [case for case in CASES if case.quick or "FAULT_SECONDS" in os.environ]
"""All of them if somebody has asked for how long they last; see `conftest`."""


@pytest.mark.parametrize("case", CHOSEN, ids=[case.name for case in CHOSEN])
def test_fault(case: Case, outcomes: "dict[Case, Future[Figures]]") -> None:
    """Readers go on by themselves within 5 s, in order; each event comes once, or a gap tells of it.

    That holds for all that were taken, as publishers were told. What was not taken comes to nobody; of which
    nobody knows, once or not at all. And publishers are told of all.
    """
    if absent := ALL[case.engine].missing():
        _leave_out(f"not on this machine: {', '.join(absent)} (see tools/engines)")
    if reason := possible(case):
        _leave_out(reason)
    figures = outcomes[case].result(MOST_SECONDS)
    assert not figures.problems, "\n".join(figures.problems)
    assert figures.lost == 0
    assert figures.taken > 0


def _leave_out(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
