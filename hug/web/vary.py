"""The header ``Vary``, which tells caches what an answer depends on."""

import re
from typing import Any


def vary(response: Any, name: str) -> None:
    """Have ``response`` say that it would be another one if this header of the request were.

    Source: https://www.rfc-editor.org/rfc/rfc9110#name-vary
    """
    if name.lower() not in re.split(r"[ ,]+", (response.get_header("vary") or "").lower()):
        response.append_header("vary", name)
