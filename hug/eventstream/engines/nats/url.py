"""What a URL of NATS says: servers, who we are there, options of ours. No I/O but the look at a file."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote

from hug.exceptions import BrokerError

_OPTIONS: Final = ("creds", "replicas", "storage", "tls_ca")


@dataclass(frozen=True, slots=True)
class Address:
    """Where NATS is, and how to enter.

    Attributes:
        servers: ``nats://host:port``, one or several of one cluster, without a password.
        shown: The URL for messages, without a password or token.
        user: Empty if there is none.
        password: The user's, or a token if there is no user; empty if there is none.
        creds: A file with the credentials of a user, as ``nsc`` writes them; empty if there is none.
        encrypted: Whether nothing may be sent in the clear.
        tls_ca: A file with the certificates to trust instead of the system's; empty if there is none.
        replicas: How many servers keep each channel.
        storage: ``file``, or ``memory`` for channels that need not survive the server.
    """

    servers: tuple[str, ...]
    shown: str
    user: str
    password: str
    creds: str
    encrypted: bool
    tls_ca: str
    replicas: int
    storage: str

    def tls(self) -> ssl.SSLContext | None:
        """Return whom to trust if the server speaks TLS; None for the system's usual choice.

        Raises:
            BrokerError: The file of certificates cannot be read.
        """
        if not self.tls_ca:
            return None
        try:
            return ssl.create_default_context(cafile=self.tls_ca)
        except (OSError, ValueError) as error:
            raise BrokerError(
                f"{self.shown}: cannot read the certificates {self.tls_ca!r}: {error}"
            ) from error


def address(url: str) -> Address:
    """Return what a URL says: ``nats://user:password@host:port,host:port?replicas=3``.

    The password and the user may have any character, written as ``%XX``. What stands before ``@`` without a
    colon is a token. Options: ``replicas=3`` servers of a cluster keep each channel; ``storage=memory``;
    ``creds=/path`` of a user's credentials; ``tls_ca=/path`` of certificates to trust. ``tls://`` sends
    nothing in the clear; ``nats://`` uses TLS if the server asks for it.

    Raises:
        BrokerError: It cannot be understood.
    """
    scheme, _, rest = url.partition("://")
    where, _, query = rest.partition("?")
    # A password may have an unescaped slash or @, never a host.
    who, _, hosts = where.rpartition("@")
    user, colon, password = who.partition(":")
    if not colon:
        user, password = "", user
    hosts = hosts.removesuffix("/")
    shown = f"{scheme}://{f'{user}@' if user else ''}{hosts}"
    # Credentials may be given once for each server; they are the same ones, and ours are those of the last.
    servers = [each.rpartition("@")[2] for each in hosts.split(",")]
    if scheme not in {"nats", "tls"} or not all(map(_is_server, servers)):
        raise BrokerError(f"{shown}: a URL of NATS is like nats://user:password@host:4222,otherhost:4222")
    options = _options(query, shown)
    return Address(
        servers=tuple(f"nats://{each}" for each in servers),
        shown=shown,
        user=unquote(user),
        password=unquote(password),
        creds=_file(options, "creds", shown),
        encrypted=scheme == "tls",
        tls_ca=_file(options, "tls_ca", shown),
        replicas=int(_one_of(options, "replicas", ("1", "2", "3", "4", "5"), shown)),
        storage=_one_of(options, "storage", ("file", "memory"), shown),
    )


def _is_server(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = text, "4222"
    bracketed = host.startswith("[") and host.endswith("]")
    return (
        port.isascii()
        and port.isdigit()
        and 0 < int(port) < 65536
        and bool(host)
        and (bracketed or not set(host) & set(":[]/ \t"))
    )


def _options(query: str, shown: str) -> Mapping[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(options.keys() - set(_OPTIONS)):
        raise BrokerError(
            f"{shown}: there is no option {unknown[0]!r}, but prefix, patience, wait, {', '.join(_OPTIONS)}"
        )
    return options


def _one_of(options: Mapping[str, str], name: str, possible: tuple[str, ...], shown: str) -> str:
    value = options.get(name, possible[0])
    if value not in possible:
        raise BrokerError(f"{shown}: {name} is one of {', '.join(possible)}, not {value!r}")
    return value


def _file(options: Mapping[str, str], name: str, shown: str) -> str:
    path = options.get(name, "")
    if name in options and not Path(path).is_file():
        raise BrokerError(f"{shown}: {name} is the path of a file, and {path!r} is none")
    return path
