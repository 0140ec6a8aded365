"""Values that stand for "not given", where None would be a value."""

from typing import Final, final


@final
class _Nothing:
    """Marks an absent default or annotation."""

    def __repr__(self) -> str:
        return "NOTHING"

    def __bool__(self) -> bool:
        return False


NOTHING: Final = _Nothing()


@final
class Default:
    """The type of `DEFAULT`."""

    def __repr__(self) -> str:
        return "the default"


DEFAULT: Final = Default()
"""An option that was left out."""
