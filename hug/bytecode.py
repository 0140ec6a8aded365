"""What the instructions of a function tell of it. There may be no source text to look at."""

from __future__ import annotations

import dis
from collections.abc import Callable
from typing import Any, Final

from hug.introspect import is_generator

_UNABLE_TO_BLOCK: Final = frozenset(
    ("CACHE", "COPY_FREE_VARS", "LOAD_CONST", "LOAD_DEREF", "LOAD_GLOBAL", "NOP", "RESUME", "RETURN_CONST",
     "RETURN_VALUE")
)  # fmt: skip
"""Instructions that run no code of anybody, and do not wait."""


def cannot_block(function: Callable[..., Any]) -> bool:
    """Return whether calling ``function`` runs no code but its own, which does no more than return something.

    That is seen in its instructions: those that could call or wait for anything are not among them.
    """
    code = getattr(function, "__code__", None)
    return code is not None and all(each.opname in _UNABLE_TO_BLOCK for each in dis.get_instructions(code))


def returns_nothing(function: Callable[..., Any]) -> bool:
    """Return whether ``function`` ends, somewhere, without a value, and nowhere with one; generators do not.

    What a wrapper returns is not known to be nothing.
    """
    if is_generator(function):
        return False
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    ends = 0
    before: dis.Instruction | None = None
    for instruction in dis.get_instructions(code):
        if instruction.opname == "RETURN_VALUE":  # RETURN_CONST does both at once, where there is one
            if before is None or before.opname != "LOAD_CONST" or before.argval is not None:
                return False
            ends += 1
        elif instruction.opname == "RETURN_CONST":
            if instruction.argval is not None:
                return False
            ends += 1
        before = instruction
    return ends > 0
