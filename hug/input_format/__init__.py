"""Input formats: ``f(body, charset=..., **parameters)``, from a readable binary stream to a value.

The keywords are the parameters of the request's ``Content-Type``, ``content_length`` where it is known, and
``max_members``, which bounds the values that a body is made into; a formatter takes what it needs, and may be
a coroutine function. How much there is to read is the caller's business.
"""

from hug.input_format.data import (
    CHARSETS,
    codec,
    json,
    json_underscore,
    text,
    urlencoded,
    urlencoded_as_sent,
)
from hug.input_format.form_data import multipart

__all__ = [
    "CHARSETS",
    "codec",
    "json",
    "json_underscore",
    "multipart",
    "text",
    "urlencoded",
    "urlencoded_as_sent",
]
