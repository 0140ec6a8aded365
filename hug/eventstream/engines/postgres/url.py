"""A broker's URL as libpq reads it, and as it may be shown."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from hug.exceptions import BrokerError

_PARAMETERS: Final[Mapping[str, Any]] = {
    "application_name": "hug",
    "client_encoding": "UTF8",
    "connect_timeout": 5,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}
"""How to connect, unless the URL says otherwise."""

_OF_SEVERAL: Final[Mapping[str, Any]] = {"target_session_attrs": "read-write", "connect_timeout": 2}
"""The same, where it names several servers: one of them takes events, and one may be gone without a word."""


def parameters(url: str) -> dict[str, Any]:
    """Return what a URL says of a connection, and what it leaves open.

    Raises:
        BrokerError: It cannot be read.
    """
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error:  # whose text may have a part of the password in it
        given = {"port": "unreadable"}
    # A password with a slash in it, say, would be taken for something else, and shown.
    if "@" in path or not str(given.get("port") or 0).replace(",", "").isdecimal():
        if unknown := _unknown_options(url):
            raise BrokerError(f"this postgresql:// URL has an option that libpq does not have: {unknown[0]}")
        raise BrokerError(
            "this postgresql:// URL cannot be read: in its user and its password / ? # @ : and % are written "
            "%2F %3F %23 %40 %3A and %25, and its options are those of libpq"
        )
    several = "," in str(given.get("host") or given.get("hostaddr") or "")
    return {**_PARAMETERS, **(_OF_SEVERAL if several else {}), **given}


def _unknown_options(url: str) -> list[str]:
    """Return the names of options that there are not, unless what looks like one may be part of a secret."""
    names = [option.partition("=")[0] for option in url.rpartition("@")[2].partition("?")[2].split("&")]
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    if any("passw" in name or "secret" in name or not re.fullmatch("[a-z_]+", name) for name in names):
        return []
    return [name for name in names if name not in known]


def shown(given: Mapping[str, Any]) -> str:
    """Return the URL without its password, and without options, which may have secrets, too."""
    user = f"{quote(str(given['user']), safe='')}@" if given.get("user") else ""
    hosts = str(given.get("host") or given.get("hostaddr") or "").split(",")
    ports = str(given.get("port") or "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    places = ",".join(
        quote(host, safe=":[]") + (f":{port}" if port else "")
        for host, port in zip(hosts, ports, strict=False)
    )
    return f"postgresql://{user}{places}/{quote(str(given.get('dbname') or ''), safe='')}"
