"""Types that are parts of other types, such as the ``int`` of ``Multiple[int]``."""

from collections.abc import Callable
from typing import Any

from hug.types.base import Type
from hug.types.bounded_constructors import settled
from hug.types.checks import checks_inside
from hug.types.standard_typing import converter
from hug.types.uploaded import refuse_files

Converter = Callable[..., Any]


def part(kind: Any) -> Converter:
    """Return what converts to ``kind`` as it would if that were the annotation of a parameter.

    Raises:
        TypeError: ``kind`` is async, or has a function in ``Annotated``, and nobody would call or await that;
            it is a file, which nobody would find; or hug cannot convert to it.
    """
    if isinstance(kind, type) and issubclass(kind, Type):
        kind = kind()
    if checks_inside(kind):
        raise TypeError(
            f"{kind} has a function in an Annotated, which is not called where this is part of another type: "
            "put the function behind the whole type, as in Annotated[list[int], function]"
        )
    refuse_files(kind)
    convert = converter(kind) or settled(kind)
    if not callable(convert):
        raise TypeError(f"{kind!r} is neither a type nor callable")
    return convert
