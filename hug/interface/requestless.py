"""What calls on a command line and in Python have in common: how they run, and their answer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, TypeVar

from hug import introspect
from hug.interface.call import ANSWERED, Call
from hug.interface.interface import Interface
from hug.interface.protocols import Owner
from hug.interface.without_loop import Alone
from hug.output_format.prepared import Output
from hug.web.without_waiting import finish


class RequestlessCall(Call):
    """A call that came without a request.

    Attributes:
        given: What is given, by external name.
        rest: What is given for ``*args``, in order.
        answer: What to answer with, if the function was not called.
    """

    __slots__ = ("answer", "given", "rest")

    def __init__(self, api_version: int | None = None) -> None:
        super().__init__(api_version)
        self.given: dict[str, Any] = {}
        self.rest: tuple[Any, ...] = ()
        self.answer: Any = None


R = TypeVar("R", bound=RequestlessCall)


class Requestless(Interface[R]):
    """Calls a function without a request."""

    def __init__(self, route: Mapping[str, Any], function: Any, api: Owner) -> None:
        """See `Interface.__init__`."""
        super().__init__(route, function, api)
        self.positional = introspect.positional(function)

    def wait(self, call: R) -> Any:
        """Make the call, and wait for its answer: an async function runs in an event loop of its own."""
        if self.asynchronous:
            # asyncio comes with them, which sync functions do without.
            from hug.interface.execution import INLINE  # noqa: PLC0415
            from hug.interface.own_loop import run_alone  # noqa: PLC0415

            call.execution = INLINE
            return run_alone(self.answer(call))
        with Alone() as call.execution:
            return finish(self.answer(call))

    async def answer(self, call: R) -> Any:
        """Make the call and return its answer; clean up, whatever happens."""
        if not (plain := self.api.has_plain_contexts):
            call.context = await self.new_context(call)
        try:
            result = await self.obtain(call)
            answer = call.answer if result is ANSWERED else await self.respond(call, result)
        except BaseException as error:
            await self.clean_up(call, error)
            raise
        if call.directives or not plain:
            await self.clean_up(call, None)
        return answer

    @abstractmethod
    async def respond(self, call: R, result: Any) -> Any:
        """Return the answer that what the function has returned comes to."""

    def gather(self, call: R, _errors: dict[str, Any]) -> dict[str, Any]:
        """See `Interface.gather`."""
        return call.given

    def call(self, call: R, arguments: dict[str, Any]) -> Any:
        """See `Interface.call`."""
        if not call.rest:
            return super().call(call, arguments)
        # What comes before ``*args`` cannot be given by name then.
        before = [arguments.pop(name, default) for name, default in self.positional.items()]
        return self.function(*before, *call.rest, **arguments)

    async def formatted(self, call: R, data: Any, formatter: Output | None) -> Any:
        """Return ``data`` as a format writes it; as it is without a format."""
        return data if formatter is None else await call.execution.resolve(formatter(data, None, None))
