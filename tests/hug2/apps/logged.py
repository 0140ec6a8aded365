"""Requests that are logged."""

import logging
import re

import hug

lines = []


class Handler(logging.Handler):
    def emit(self, record):
        lines.append(re.sub(r"\[.*?\]", "[DATE]", record.getMessage()))


logger = logging.getLogger("logged")
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(Handler())
hug.API(__name__).http.add_middleware(hug.middleware.LogMiddleware(logger=logger))


@hug.get("/lines")
def logged():
    now, lines[:] = list(lines), []
    return now


@hug.get("/get")
def get(number: int = 1):
    return number


@hug.post("/post", status=hug.HTTP_201)
def post(body=None):
    return body


@hug.get("/raise")
def raising():
    raise hug.HTTPConflict("T", "D")
