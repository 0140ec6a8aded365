"""Where a Redis is: what its URL says, as redis-py reads URLs."""

import re
import ssl
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection, parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hug.eventstream.engines.public_url import public
from hug.exceptions import BrokerError, Unreachable

FORMS: Final = (
    "redis://[[user]:password@]host[:port][/database], rediss:// for TLS, valkey://, valkeys://, "
    "unix://[[user]:password@]/path?db=database, "
    "redis+sentinel://[[user]:password@]host[:port],host[:port]/service[/database]"
)

_SAME: Final = {
    "valkey": "redis",
    "valkeys": "rediss",
    "valkey+sentinel": "redis+sentinel",
    "valkeys+sentinel": "rediss+sentinel",
}
_SENTINEL: Final = "+sentinel"
_UNKNOWN: Final = re.compile(r"unexpected keyword argument '(\w+)'")
_SENTINEL_PORT: Final = 26379
_CONNECTING: Final = 4.0
_ASKING: Final = 1.0  # seconds that each Sentinel may take


@dataclass(frozen=True, slots=True)
class Address:
    """Where a Redis is, and who we are.

    Attributes:
        shown: The URL without passwords.
        host: Its host and port; not known before the Sentinels were asked.
        path: Of its socket, instead of these.
        service: The name that Sentinels know it by; empty: there are none.
        sentinels: Their hosts and ports.
        sentinel_options: How to connect to them.
        timeout: Seconds that connecting may take.
    """

    shown: str
    host: str = "localhost"
    port: int = 6379
    path: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    database: int = 0
    tls: ssl.SSLContext | None = None
    timeout: float = _CONNECTING
    service: str = ""
    sentinels: tuple[tuple[str, int], ...] = ()
    sentinel_options: dict[str, Any] = field(default_factory=dict, repr=False)

    async def find(self) -> tuple[str, int]:
        """Return the host and the port of the server that takes writes.

        Raises:
            Unreachable: No Sentinel answers, or none knows one at the moment.
            BrokerError: They refuse our password.
        """
        if not self.service:
            return self.host, self.port
        once: dict[str, Any] = {
            **self.sentinel_options,
            "retry": Retry(NoBackoff(), 0),
            "socket_timeout": _ASKING,
            "socket_connect_timeout": _ASKING,
        }
        asked = Sentinel(self.sentinels, sentinel_kwargs=once)  # type: ignore[no-untyped-call]
        try:
            host, port = await asked.discover_master(self.service)
        except (RedisError, OSError) as error:
            if "Authentication" in str(error):  # it is told in words only, with what went wrong at others
                raise BrokerError(
                    f"the Sentinels of {self.shown} refuse us: give their password as ?sentinel_password=..."
                ) from None
            hint = ". They are asked by TLS, too: is ssl_ca_certs= right for their certificates?"
            raise Unreachable(
                f"no Sentinel knows a server that takes writes for {self.service!r}{hint if self.tls else ''}"
            ) from None
        finally:
            for client in asked.sentinels:
                await client.aclose()
        return str(host), int(port)


def address(url: str) -> Address:
    """Return what a URL says.

    Raises:
        BrokerError: It cannot be read.
    """
    shown = public(url)
    scheme, _, rest = url.partition("://")
    scheme = _SAME.get(scheme, scheme)
    try:
        if scheme.endswith(_SENTINEL):
            return _of_sentinels(shown, scheme.removesuffix(_SENTINEL), rest)
        return _read(shown, f"{scheme}://{rest}")
    except (ValueError, TypeError, OSError, RedisError) as error:
        if option := _UNKNOWN.search(str(error)):
            raise BrokerError(
                f"{shown}: no option {option[1]!r}: there are prefix, patience, wait and redis-py's own for "
                "connections"
            ) from None
        # Their own words may have a part of the password in them, if that was not percent-encoded.
        hint = f" ({error})" if isinstance(error, OSError | RedisError) else ""
        raise BrokerError(
            f"the URL {shown} cannot be read{hint}: it should be {FORMS}, with the options of redis-py's "
            "connections behind '?'; special characters of a password are percent-encoded"
        ) from None


def _read(shown: str, url: str, **more: Any) -> Address:
    options: dict[str, Any] = dict(parse_url(url))
    kind = options.pop("connection_class", Connection)
    path = urlsplit(url).path.strip("/")
    if kind is not UnixDomainSocketConnection and path and not (path.isascii() and path.isdecimal()):
        raise ValueError
    made = kind(**options)  # which knows what options there are
    tls = made.ssl_context.get() if isinstance(made, SSLConnection) else None
    if tls is not None and "sentinel_options" in more:  # their password goes in the clear no more than ours
        of_tls = {name: value for name, value in options.items() if name.startswith("ssl_")}
        more["sentinel_options"] = {"ssl": True, **of_tls, **more["sentinel_options"]}
    return Address(
        shown,
        host=options.get("host", "localhost"),
        port=options.get("port", 6379),
        path=options.get("path", ""),
        username=options.get("username", ""),
        password=options.get("password", ""),
        database=options.get("db", 0),
        tls=tls,
        timeout=options.get("socket_connect_timeout", _CONNECTING),
        **more,
    )


def _of_sentinels(shown: str, scheme: str, rest: str) -> Address:
    rest, _, query = rest.partition("?")
    place, _, path = rest.partition("/")
    login, at, places = place.rpartition("@")
    service, _, database = path.partition("/")
    options, asking = [], {}
    for name, value in parse_qsl(query, strict_parsing=bool(query)):
        if name in ("sentinel_username", "sentinel_password"):
            asking[name.removeprefix("sentinel_")] = value
        else:
            options.append((name, value))
    sentinels = []
    for each in places.split(","):
        one = urlsplit(f"//{each}")
        if not one.hostname:
            raise ValueError
        sentinels.append((one.hostname, one.port or _SENTINEL_PORT))
    if not service:
        raise ValueError
    return _read(
        shown,
        f"{scheme}://{login}{at}sentinel/{database}" + (f"?{urlencode(options)}" if options else ""),
        service=unquote(service),
        sentinels=tuple(sentinels),
        sentinel_options=asking,
    )
