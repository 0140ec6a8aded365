"""How the seconds of an ending process are spent, counted from the moment when it hears of its end."""

from typing import Final

FLUSHED: Final = 0.3
"""Events published before the end have reached their readers by now, or will not."""

CLEANED_UP: Final = 0.8
"""A source that is still cleaning up is cancelled for the second time."""

LEFT: Final = 0.9
"""What is not done by now is left behind: a source that goes on all the same, a client that does not read."""

GRACE: Final = 1
"""A server cancels what still runs, if it takes such a limit: whole seconds, since uvicorn's option does."""

SHUTDOWN: Final = 5.0
"""Seconds, from when its turn comes, after which a handler that shuts something down is left behind."""

GONE: Final = 2
"""The process has exited."""

SHORTEST: Final = 0.1
"""Seconds that a stream which opens too late gets for what the others have had their time for."""
