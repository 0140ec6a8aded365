"""The event loop for async handlers where nothing is served: of a command, say."""

from hug.web.loop_in_thread import Portal

portal = Portal("hug-startup")
