"""Functions in ``Annotated``: they check or change what has been converted to the type before them."""

import typing
from collections.abc import Callable
from typing import Any

from hug.types.adapted import adapted
from hug.types.annotations import meant
from hug.types.base import Type
from hug.types.records import anywhere

Check = Callable[..., Any]


def checks_inside(annotation: Any) -> bool:
    """Tell whether an annotation has functions in ``Annotated``: on its own, in a part or a field of it."""
    return anywhere(annotation, lambda each: bool(checks(each)[1]))


def checks(annotation: Any) -> tuple[Any, tuple[Check, ...]]:
    """Return an annotation without the functions in its ``Annotated``, and these functions.

    They are called one after the other with what has been converted, and return what comes of it; they may be
    async. Classes, hug's types, and what only documents stay where they are.
    """
    annotation = meant(annotation)
    if typing.get_origin(annotation) is not typing.Annotated:
        return annotation, ()
    kind, *metadata = typing.get_args(annotation)
    functions = tuple(remark for remark in metadata if _is_check(remark))
    others = tuple(remark for remark in metadata if not _is_check(remark))
    kind, inner = checks(kind)
    return (typing.Annotated[(kind, *others)] if others else kind), (*inner, *functions)


def _is_check(remark: Any) -> bool:
    return (
        callable(remark)
        and not isinstance(remark, type | Type)
        and adapted(remark) is None
        and typing.get_origin(remark) is None
    )
