"""The HTTP protocol of `hug -f`, for uvicorn itself: ``--http hug.http_protocol:HTTPProtocol``."""

from hug.server.http_protocol import HTTPProtocol

__all__ = ["HTTPProtocol"]
