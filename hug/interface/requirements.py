"""What has to hold before the function of an endpoint is called: its option ``requires=``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hug.flexible import Flexible
from hug.interface.call import Call
from hug.interface.protocols import Owner


async def answer_instead(requirements: Sequence[Flexible], call: Call, api: Owner) -> Any:
    """Ask the requirements, in their order, and return what the first that is not met answers with.

    That is anything true but True; None and True mean that it is met. Without an answer, return None.

    Raises:
        HTTPForbidden: One was not met, and said so with False, or another false value that is not None.
    """
    for requirement in requirements:
        verdict = await call.execution.call(
            requirement,
            request=call.request,
            response=call.response,
            context=call.context,
            module=api.module,
            api=api,
        )
        if verdict is None or verdict is True:
            continue
        if not verdict:
            from hug.web.errors import HTTPForbidden  # noqa: PLC0415  # Falcon, which commands do without

            raise HTTPForbidden
        return verdict
    return None
