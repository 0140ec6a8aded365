"""What comes between two lines of the library by chance, made to come often: threads, signals."""

import random
import sys
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from types import FrameType
from typing import Any, Self


class BetweenLines:
    """Calls a function, in this thread, before lines of some files, one in so many by chance."""

    def __init__(
        self,
        files: AbstractSet[str | None],
        one_in: int,
        chance: random.Random,
        function: Callable[[], object],
    ) -> None:
        self._files = files
        self._one_in = one_in
        self._chance = chance
        self._function = function

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _called(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        return self._line if frame.f_code.co_filename in self._files else None

    def _line(self, _frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line" and self._chance.randrange(self._one_in) == 0:
            self._function()
        return self._line
