"""What the body of an error looks like, whoever refuses a request: as hug always wrote it."""

from __future__ import annotations

from typing import Any


def error_body(reasons: Any) -> dict[str, Any]:
    """Return the value of the body.

    Args:
        reasons: What is wrong, by name of the field or by title of the error.
    """
    return {"errors": reasons}
