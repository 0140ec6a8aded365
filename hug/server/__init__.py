"""Serving a program: `run` chooses how; a `worker` is one process that does; `reload` supervises one.

A supervisor of several workers has its place beside `reload`: what both start is a `Worker`. How a process
serves is in `serve`, where in `sockets`, and what it does with each connection in `http_protocol`.
"""
