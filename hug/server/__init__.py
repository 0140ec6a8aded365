"""Serving an application from this process or its children: sockets, uvicorn, our HTTP protocol, reload."""
