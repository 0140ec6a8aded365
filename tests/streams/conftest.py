import logging
from collections.abc import Iterator

import pytest

import hug

from .stalling import own_api


@pytest.fixture
def api() -> hug.API:
    """An API, with channels, that no other test has."""
    return own_api()


@pytest.fixture
def no_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is logged as an error, but for what a test expects and clears."""
    yield
    records = caplog.get_records("call")  # `caplog.records` would be those of this fixture's own end
    assert [record.getMessage() for record in records if record.levelno >= logging.ERROR] == []
