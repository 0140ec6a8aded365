"""What the tests of PostgreSQL alone share: they run on it, and an administrator looks in."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest


@pytest.fixture(params=["postgres"])
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def admin(engine_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of an administrator's."""
    with psycopg.connect(engine_url, autocommit=True) as connection:
        yield connection
