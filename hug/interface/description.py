"""What an endpoint tells about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hug.interface.binding import Field


@dataclass(frozen=True, slots=True)
class Description:
    """What documentation is made of; nothing else of an interface is.

    Attributes:
        usage: What the function does, in its own words.
        private: Whether it is to be kept out of documentation.
        examples: Query strings.
        callable_bare: Whether a call without any parameter is an example, too.
        requires: What each requirement says of itself.
        output: The format of responses and their content type.
        returns: The annotation of what the function returns, `NOTHING` or None if there is nothing to tell.
        fields: The parameters that a client gives.
    """

    usage: str | None
    private: bool
    examples: tuple[str, ...]
    callable_bare: bool
    requires: tuple[str | None, ...]
    output: dict[str, Any]
    returns: Any
    fields: tuple[Field, ...]
