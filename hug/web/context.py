"""What a request, and a response, carries for whoever handles it, as type checkers are to see it.

Falcon says of each value that it may be None: what was kept there would be checked wherever it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import falcon

if TYPE_CHECKING:

    class Context(falcon.Context):
        """Falcon's, which it is when the program runs."""

        def __getitem__(self, key: str) -> Any: ...

        def get(self, key: str, default: Any = None) -> Any: ...

        def pop(self, key: str, default: Any = None) -> Any: ...

        def setdefault(self, key: str, default_value: Any = None) -> Any: ...

else:
    Context = falcon.Context
