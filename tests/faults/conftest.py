"""Faults for tests: all that were asked for, engines side by side."""

import os
from concurrent.futures import Future

import pytest

from ..engines.servers import ALL
from .accounts import Figures
from .schedule import Case, possible, side_by_side

SECONDS = float(os.environ.get("FAULT_SECONDS", "0.3"))
"""How long a fault lasts, besides what it takes; for more than that ``python -m tests.faults``."""

Outcomes = dict[Case, "Future[Figures]"]


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest) -> Outcomes:
    """What will be known of all cases of this run."""
    asked = [item.callspec.params.get("case") for item in request.session.items if hasattr(item, "callspec")]
    cases = [each for each in asked if isinstance(each, Case)]
    return side_by_side(
        [each for each in cases if not ALL[each.engine].missing() and not possible(each)], SECONDS
    )
