"""Serving a program: `run` chooses how; a `worker` is one process that does; two supervisors start it.

`reload` has one worker and replaces it when the program changes, `workers` has several, each a `child`. How a
process serves is in `serve`, where in `sockets`, and what it does with each connection in `http_protocol`.
"""
