"""What an interface needs from the API it belongs to; the API itself is a layer above."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

from hug.eventstream.channels.registry import Channels
from hug.eventstream.serving.settings import Settings
from hug.interface.formats import InputFormat, Output


class HTTPSettings(Protocol):
    """How an API answers requests; each may be changed at any time."""

    channels: Channels
    inline: bool
    max_body: int
    max_members: int
    body_timeout: float
    streaming: Settings

    @property
    def output(self) -> Output:
        """The output format of routes that have none of their own."""

    def input_format(self, content_type: str) -> InputFormat | None:
        """Return what reads bodies of this media type."""


class Owner(Protocol):
    """The API of an interface."""

    module: ModuleType | None

    @property
    def http(self) -> HTTPSettings:
        """Its HTTP side."""

    def directive(self, name: str, default: Any = None) -> Callable[..., Any] | None:
        """Return the directive that a parameter of this name asks for."""
