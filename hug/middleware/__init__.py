"""Middleware: what every request of an API goes through, and every response."""

from hug.middleware.around import Around
from hug.middleware.cors import CORSMiddleware
from hug.middleware.log import LogMiddleware
from hug.middleware.sessions import SessionMiddleware

__all__ = ["Around", "CORSMiddleware", "LogMiddleware", "SessionMiddleware"]
