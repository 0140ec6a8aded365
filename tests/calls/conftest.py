import pytest

import hug


@pytest.fixture
def api() -> hug.API:
    """An API that no other test has."""
    return hug.API()
