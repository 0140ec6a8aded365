"""Ways to reach a function: what hug keeps of a function that has been decorated, one part for each way."""

from hug.interface.cli import CLI
from hug.interface.http import HTTP
from hug.interface.local import Local
from hug.interface.of_function import Interfaces, behind_local

__all__ = ["CLI", "HTTP", "Interfaces", "Local", "behind_local"]
