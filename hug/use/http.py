"""A service that is reached by HTTP; this is what the extra ``client`` is for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Self

from hug.exceptions import MissingPackage
from hug.use.service import (
    MAX_BODY,
    NONE,
    Response,
    Service,
    ServiceUnreachable,
    decoded,
    has_body,
)
from hug.use.unpacked import ACCEPTED, Unpacked, Unreadable


class HTTP(Service):
    """A service that is reached by HTTP. It keeps connections, until `close`; threads may share it.

    Attributes:
        endpoint: The URL that those of requests are added to.
        json_transport: Whether values are sent as JSON in bodies, and not as a form.
        max_body: Most bytes of an answer.
    """

    def __init__(
        self,
        endpoint: str,
        auth: Any = None,
        version: int | str | None = None,
        headers: Mapping[str, str] = NONE,
        timeout: float | None = None,
        raise_on: int | Iterable[int] = (500,),
        json_transport: bool = True,
        max_body: int = MAX_BODY,
    ) -> None:
        """Make a client.

        Args:
            endpoint: The URL that those of requests are added to.
            auth: A pair of user and password, or what httpx2 takes.
            version: See `Service`.
            headers: Of all requests.
            timeout: Seconds, 30 by default, that all of a body may take, and each step before it: to connect,
                to send, to receive more of the head.
            raise_on: Statuses that raise `ServiceError`.
            json_transport: Whether values are sent as JSON in bodies, and not as a form.
            max_body: Most bytes of an answer.

        Raises:
            MissingPackage: httpx2 is not installed.
        """
        try:
            import httpx2  # noqa: PLC0415  # `hug.use.Local` works without it
        except ImportError:
            raise MissingPackage("hug.use.HTTP needs httpx2: pip install 'hug-sse[client]'") from None
        super().__init__(version, timeout, raise_on)
        self.endpoint = endpoint.rstrip("/")
        self.json_transport = json_transport
        self.max_body = max_body
        self._unreachable = (httpx2.TransportError, httpx2.InvalidURL, Unreadable)
        self._client = httpx2.Client(auth=auth, headers={"Accept-Encoding": ACCEPTED, **headers})

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], timeout: float, params: Mapping[str, Any]
    ) -> Response:
        """See `Service.ask`."""
        sent: dict[str, Any] = {}
        if params:
            sent = {("json" if self.json_transport else "data") if has_body(method) else "params": params}
        url, until = self.endpoint + path, time.monotonic() + timeout
        try:
            with self._client.stream(method, url, headers=dict(headers), timeout=timeout, **sent) as answer:
                unpacked = Unpacked(answer.headers.get("content-encoding"), self.max_body)
                for piece in answer.iter_raw():
                    unpacked.add(piece)
                    if time.monotonic() > until:
                        raise ServiceUnreachable(f"{method} {url}: not all within {timeout:g} seconds")
                unpacked.finish()
        except self._unreachable as error:
            raise ServiceUnreachable(f"{method} {url}: {error or type(error).__name__}") from error
        data = decoded(bytes(unpacked.content), answer.headers.get("content-type"))
        return Response(data, answer.status_code, answer.headers)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
