"""One endpoint, for one URL and one method, as an operation of OpenAPI."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable
from typing import Any

from hug import url_templates
from hug.interface.http import HTTP
from hug.openapi.inputs import Inputs
from hug.openapi.names import numbered
from hug.openapi.responses import Responses
from hug.openapi.security import Security


class Operations:
    """Describes endpoints, each by a name that no other one has."""

    def __init__(self, inputs: Inputs, responses: Responses, security: Security) -> None:
        """Begin; ``security`` gets the schemes of requirements."""
        self._inputs = inputs
        self._responses = responses
        self._security = security
        self._ids: set[str] = set()

    def describe(self, interface: HTTP, method: str, url: str) -> dict[str, Any]:
        """Return the operation that ``interface`` is when it answers ``method`` of the template ``url``."""
        function = interface.function
        operation: dict[str, Any] = {"operationId": self._id(function, method)}
        if function.__doc__:
            words = inspect.cleandoc(function.__doc__)
            operation["summary"] = words.partition("\n")[0]
            if operation["summary"] != words:
                operation["description"] = words
        in_url = url_templates.fields(url)
        parameters = self._inputs.parameters(interface, method, in_url)
        body = self._inputs.body(interface, method, in_url)
        if parameters:
            operation["parameters"] = parameters
        if body:
            operation["requestBody"] = body
        required = self._security.required(each.function for each in interface.requires)
        operation["responses"] = self._responses.of(
            interface, url, takes=bool(parameters or body), secured=bool(required)
        )
        if required:
            operation["security"] = [required]
        return operation

    def _id(self, function: Callable[..., Any], method: str) -> str:
        name = re.sub(r"\W+", "_", function.__qualname__.rpartition("<locals>.")[2]).strip("_") or "call"
        names = itertools.chain((name, f"{method.lower()}_{name}"), numbered(name))
        free = next(each for each in names if each not in self._ids)
        self._ids.add(free)
        return free
