"""Ways to reach a function: what hug keeps of a function that has been decorated, one part for each way."""

from hug.interface.function import Interfaces
from hug.interface.http import HTTP

__all__ = ["HTTP", "Interfaces"]
