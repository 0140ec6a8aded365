"""Whether a client keeps up, and what else a request waits for: as uvicorn does it, in less memory."""

import asyncio

from uvicorn.protocols.http.flow_control import FlowControl


class Signal:
    """What uvicorn needs of `asyncio.Event`, in an eighth of its memory."""

    __slots__ = ("_is_set", "_waiting")

    def __init__(self, is_set: bool = False) -> None:
        self._is_set = is_set
        self._waiting: tuple[asyncio.Future[bool], ...] = ()

    def is_set(self) -> bool:
        """See `asyncio.Event`, as for all others."""
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        waiting, self._waiting = self._waiting, ()
        for each in waiting:
            if not each.done():
                each.set_result(True)

    def clear(self) -> None:
        self._is_set = False

    def wait(self) -> asyncio.Future[bool]:
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self._is_set:
            waiting.set_result(True)
        else:
            self._waiting = (*(each for each in self._waiting if not each.done()), waiting)
        return waiting


class Flow(FlowControl):
    """Tells whether a client keeps up; see `Signal` for the difference."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.read_paused = False
        self.write_paused = False
        self._is_writable_event = Signal(is_set=True)  # type: ignore[assignment]
