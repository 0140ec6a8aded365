"""Channels of several workers when nobody says where they are kept: a file of their own, gone with them."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Private(NamedTuple):
    """A broker for the workers of one supervisor.

    Attributes:
        url: Its URL; empty if the environment names a broker, which is for the workers, too.
        folder: Where it keeps what it has; None if there is none.
        shared: Where workers may leave files for each other; it is there once one of them has made it.
    """

    url: str
    folder: Path | None
    shared: Path


@contextlib.contextmanager
def private_broker() -> Iterator[Private]:
    """Give workers a broker, unless they have one, for as long as the context lasts.

    When this process is killed the workers remove the folder; see `hug.server.worker`.
    """
    if os.environ.get("HUG_BROKER"):
        shared = Path(tempfile.gettempdir(), f"hug-shared-{secrets.token_hex(16)}")
        private = Private("", None, shared)
    else:
        shared = Path(tempfile.mkdtemp(prefix="hug-channels-"))
        private = Private(f"sqlite:///{shared / 'channels.sqlite'}", shared, shared / "shared")
    try:
        yield private
    finally:
        shutil.rmtree(shared, ignore_errors=True)
