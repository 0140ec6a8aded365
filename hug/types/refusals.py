"""What an exception of a type means: a refusal of the value, or something else. Pure functions."""

from __future__ import annotations

import sys
from typing import Any

from hug import json_module
from hug.exceptions import InvalidTypeData


def is_refusal(error: Exception) -> bool:
    """Tell whether an exception is about the value, and so for the client to see.

    It is not if it is an answer by itself, or an `OSError`: what a type has asked is out of reach.
    """
    return not (isinstance(error, OSError) or is_answer(error))


def is_answer(error: Exception) -> bool:
    """Tell whether an exception is one of Falcon's, raised in order to answer: a 404, a redirect."""
    falcon: Any = sys.modules.get("falcon")  # whoever raises its errors has imported it
    return falcon is not None and isinstance(error, falcon.HTTPError | falcon.HTTPStatus)


def explain(error: Exception) -> Any:
    """Return what the client gets to see of a refusal."""
    if isinstance(error, InvalidTypeData):
        return error.reasons if error.reasons and _is_json(error.reasons) else error.message
    reason = error.args[0] if error.args else str(error)
    return reason if isinstance(reason, str) or _is_json(reason) else str(error)


def _is_json(value: object) -> bool:
    try:
        json_module.dumps(value)
    except (TypeError, ValueError):  # as of `decimal`, whose errors have classes for arguments
        return False
    return True
