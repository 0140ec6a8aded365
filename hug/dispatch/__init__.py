"""An API as an ASGI application: its routes and versions in a Falcon app, and what answers when none fits."""
