"""Middleware: what every request of an API goes through, and every response."""

from typing import TYPE_CHECKING

from hug.lazy import lazily

if TYPE_CHECKING:
    from hug.middleware.around import Around
    from hug.middleware.cors import CORSMiddleware
    from hug.middleware.log import LogMiddleware
    from hug.middleware.sessions import SessionMiddleware

__all__ = ["Around", "CORSMiddleware", "LogMiddleware", "SessionMiddleware"]

if not TYPE_CHECKING:  # to type checkers a name that is not there is a mistake
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "Around": "hug.middleware.around",
            "CORSMiddleware": "hug.middleware.cors",
            "LogMiddleware": "hug.middleware.log",
            "SessionMiddleware": "hug.middleware.sessions",
        },
    )
