"""Where code is: that of a function, or of the caller, for messages and warnings."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

_OWN: Final = __file__.removesuffix(__name__.rpartition(".")[2] + ".py")


def place(function: Callable[..., Any]) -> str:
    """Return the file and the line where ``function`` is defined, as tracebacks say it."""
    plain: Any = inspect.unwrap(function) if hasattr(function, "__wrapped__") else function
    code = getattr(getattr(plain, "__func__", plain), "__code__", None)
    return "an unknown place" if code is None else f"{code.co_filename}:{code.co_firstlineno}"


def outer_place() -> tuple[str, int]:
    """Return the file and the line of the code outside of hug that called what calls this."""
    frame = _outer_frame()
    return frame.f_code.co_filename, frame.f_lineno


def warn_caller(what: str) -> None:
    """Warn the code outside of hug that called what calls this."""
    frame = _outer_frame()
    warnings.warn_explicit(
        what,
        UserWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__", "<string>"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def warn_of(function: Callable[..., Any], what: str) -> None:
    """Warn where ``function`` is defined; once, as long as filters do not say otherwise."""
    plain: Any = inspect.unwrap(function)
    plain = getattr(plain, "__func__", plain)
    code, names = plain.__code__, plain.__globals__
    warnings.warn_explicit(
        what,
        UserWarning,
        code.co_filename,
        code.co_firstlineno,
        module=names.get("__name__", "<string>"),
        registry=names.setdefault("__warningregistry__", {}),
    )


def in_class_body() -> bool:
    """Return whether the code outside of hug that called what calls this is the body of a class."""
    return "__qualname__" in _outer_frame().f_locals


def _outer_frame() -> FrameType:
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(_OWN) and frame.f_back is not None:
        frame = frame.f_back
    return frame
