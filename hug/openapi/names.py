"""Names for what a document has several of under one name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator


def numbered(name: str) -> Iterator[str]:
    """Yield ``name``, and then others like it: ``name_2``, ``name_3`` and so on."""
    yield name
    yield from (f"{name}_{number}" for number in itertools.count(2))
