"""How often Python looks for garbage in a process that serves.

Each connection is made of dozens of objects. With Python's own thresholds, a thousand that come at once have
it look through all objects of the process several times, for a tenth of a second at a time. Here it looks at
young objects only once there are many, which costs some memory, and at all others as much more rarely.
"""

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

YOUNG_OBJECTS: Final = 10_000
"""New objects after which Python looks for garbage among them; its own setting is 700, or 2000."""


def look_rarely() -> bool:
    """Have Python look less often from now on; return False if the application has chosen for itself."""
    young, *older = gc.get_threshold()
    if not 0 < young < YOUNG_OBJECTS:
        return False
    gc.set_threshold(YOUNG_OBJECTS, *older)
    return True


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Have it do so for a while, in which it also leaves alone what was there before."""
    before = gc.get_threshold()
    if not look_rarely():
        yield
        return
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
