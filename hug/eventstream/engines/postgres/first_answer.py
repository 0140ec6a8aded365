"""How a PostgreSQL server answers who comes: by a code, of which libpq passes on a text in some language.

Source: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP
"""

import asyncio
import ssl
import struct
from collections.abc import Mapping
from typing import Any, Final

from hug.eventstream.engines.postgres.errors import ASKS

_PROTOCOL: Final = 3 << 16
_ENCRYPT: Final = 80877103
_LARGEST: Final = 64 * 1024
_SECONDS: Final = 2.0


async def first_answer(given: Mapping[str, Any]) -> str:
    """Return the SQLSTATE with which the server refuses to let anybody in, or `ASKS` for a password, say.

    Nothing is sent but the names of the user and the database.

    Args:
        given: The parameters of the connection; of several servers the first one is asked.

    Raises:
        OSError: It does not answer.
    """
    host = str(given.get("host") or given.get("hostaddr") or "localhost").partition(",")[0]
    port = str(given.get("port") or 5432).partition(",")[0]
    try:
        async with asyncio.timeout(_SECONDS):
            if host.startswith("/"):
                reader, writer = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            else:
                reader, writer = await asyncio.open_connection(host, int(port))
            try:
                if str(given.get("sslmode", "")).startswith(("require", "verify")):
                    await _encrypt(reader, writer)
                return await _ask(reader, writer, given)
            finally:
                writer.transport.abort()
    except (EOFError, ValueError, TimeoutError) as error:
        raise OSError(str(error)) from error


async def _encrypt(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(struct.pack("!ii", 8, _ENCRYPT))
    if await reader.readexactly(1) != b"S":
        raise EOFError("no TLS")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # no secret is sent
    await writer.start_tls(context)


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, given: Mapping[str, Any]) -> str:
    user = str(given.get("user") or "")
    names = "\0".join(("user", user, "database", str(given.get("dbname") or user), "", "")).encode()
    writer.write(struct.pack("!ii", 8 + len(names), _PROTOCOL) + names)
    kind, size = struct.unpack("!ci", await reader.readexactly(5))
    if not 4 <= size <= _LARGEST:
        raise EOFError("no PostgreSQL")
    body = await reader.readexactly(size - 4)
    if kind != b"E":
        return ASKS
    return next((each[1:].decode() for each in body.split(b"\0") if each.startswith(b"C")), "")
