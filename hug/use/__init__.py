"""Other services, asked in one way, whether they are reached by HTTP or are in this process."""

from hug.use.http import HTTP
from hug.use.local import Local
from hug.use.service import AnswerTooLong, Response, Service, ServiceError, ServiceUnreachable
from hug.use.sockets import Socket

__all__ = [
    "HTTP",
    "AnswerTooLong",
    "Local",
    "Response",
    "Service",
    "ServiceError",
    "ServiceUnreachable",
    "Socket",
]
