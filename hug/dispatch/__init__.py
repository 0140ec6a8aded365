"""An API as an ASGI application: its routes and versions in a Falcon app, and what answers when none fits."""

from hug.dispatch.application import Application
from hug.dispatch.not_found import NotFound

__all__ = ["Application", "NotFound"]
