"""Ways to reach a function: what hug keeps of a function that has been decorated, one part for each way."""

from typing import TYPE_CHECKING

from hug.lazy import lazily

if TYPE_CHECKING:
    from hug.interface.cli import CLI
    from hug.interface.http import HTTP
    from hug.interface.local import Local
    from hug.interface.of_function import Interfaces, behind_local

__all__ = ["CLI", "HTTP", "Interfaces", "Local", "behind_local"]

if not TYPE_CHECKING:  # to type checkers a name that is not there is a mistake
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "CLI": "hug.interface.cli",
            "HTTP": "hug.interface.http",
            "Interfaces": "hug.interface.of_function",
            "Local": "hug.interface.local",
            "behind_local": "hug.interface.of_function",
        },
    )
