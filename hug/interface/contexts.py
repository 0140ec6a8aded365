"""The context of a call: made by the API's factory, and taken down when the call is over."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from hug import defaults
from hug.flexible import Flexible
from hug.interface.call import Call
from hug.interface.protocols import Owner
from hug.introspect import names_explicitly

_OFFERED = ("request", "response", "api", "api_version", "interface", "argparse")
_TOLD = ("exception", "errors", "lacks_requirement")

# As they are before an application assigns to these names.
PLAIN: Final = defaults.context_factory
LEFT_ALONE: Final = defaults.delete_context


async def make(api: Owner, call: Call, /, **offered: Any) -> Any:
    """Return the context of a call; ``offered`` is what the API's factory may take by name."""
    factory, named = _factory(api.context_factory)
    return await call.execution.call(factory, **{**named, **offered})


async def delete(api: Owner, call: Call, exception: BaseException | None) -> None:
    """Take down the context of a call that is over."""
    if api.delete_context is not LEFT_ALONE:
        await call.execution.call(
            _taker(api.delete_context),
            call.context,
            exception=exception,
            errors=call.errors,
            lacks_requirement=call.lacks_requirement,
        )


@lru_cache(maxsize=256)
def _factory(function: Any) -> tuple[Flexible, dict[str, None]]:
    """Return a factory, and None for all that it names: a command has no request to offer, say."""
    named = dict.fromkeys(name for name in _OFFERED if names_explicitly(function, name))
    return Flexible(function, *_OFFERED), named


@lru_cache(maxsize=256)
def _taker(function: Any) -> Flexible:
    return Flexible(function, *_TOLD)
