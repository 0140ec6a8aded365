"""Middleware that is a generator function: one text for what comes before a request and after it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from hug.web.begun_generators import begun


class Around:
    """Runs one generator for each request: ``response, resource = yield request``, then ``yield response``.

    What stands before the first ``yield`` runs before the request is routed, what follows when there is a
    response to be changed. After the second ``yield`` the generator is closed; if the request dies before
    that, as of a client that has left, it is closed at the first one.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        """Make middleware of ``function``.

        Raises:
            TypeError: It is no generator function, sync or async.
        """
        self.function = function
        if inspect.isasyncgenfunction(function):
            self.process_request: Any = self._begin_async
            self.process_response: Any = self._end_async
        elif inspect.isgeneratorfunction(function):
            self.process_request = self._begin
            self.process_response = self._end
        else:
            raise TypeError(f"{function!r} has to be a generator: response, resource = yield request")

    def _begin(self, request: Any, _response: Any) -> None:
        generator = self.function(request)
        for _ in generator:
            begun(request.scope)[self] = generator
            return
        raise self._ended()

    def _end(self, request: Any, response: Any, resource: Any, _req_succeeded: bool) -> None:
        generator = begun(request.scope).pop(self, None)
        if generator is not None:  # else the request never came so far
            try:
                generator.send((response, resource))
            except StopIteration:
                return
            generator.close()

    async def _begin_async(self, request: Any, _response: Any) -> None:
        generator = self.function(request)
        async for _ in generator:
            begun(request.scope)[self] = generator
            return
        raise self._ended()

    async def _end_async(self, request: Any, response: Any, resource: Any, _req_succeeded: bool) -> None:
        generator = begun(request.scope).pop(self, None)
        if generator is not None:
            try:
                await generator.asend((response, resource))
            except StopAsyncIteration:
                return
            await generator.aclose()

    def _ended(self) -> RuntimeError:
        return RuntimeError(f"{self.function!r} ended before it had yielded its request")
