"""What an interface needs from the API it belongs to; the API itself is a layer above."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from hug.output_format.prepared import Output

if TYPE_CHECKING:
    from hug.eventstream.channels.registry import Channels
    from hug.eventstream.serving.stream_settings import Settings
    from hug.interface.input_formats import InputFormat


class HTTPSettings(Protocol):
    """How an API answers requests; each may be changed at any time."""

    inline: bool
    max_body: int
    max_upload: int
    max_members: int
    body_timeout: float

    @property
    def streaming(self) -> Settings:
        """How event streams are served."""

    @property
    def channels(self) -> Channels:
        """What shared sources are published on."""

    @property
    def output(self) -> Output:
        """The output format of routes that have none of their own."""

    def input_format(self, content_type: str) -> InputFormat | None:
        """Return what reads bodies of this media type."""


class CLISettings(Protocol):
    """How the commands of an API behave."""

    def begin(self) -> None:
        """Do what is to be done before a command."""

    def end(self) -> None:
        """Do what is to be done when the last one is over."""

    @property
    def error_exit_codes(self) -> bool:
        """Whether a command that returns something false exits with 1."""

    @property
    def output(self) -> Output:
        """The output format of commands that have none of their own."""


class Owner(Protocol):
    """The API of an interface."""

    module: ModuleType | None

    @property
    def label(self) -> str:
        """What tells it from all other APIs of a program, in whatever process."""

    @property
    def http(self) -> HTTPSettings:
        """Its HTTP side."""

    @property
    def cli(self) -> CLISettings:
        """Its side for the command line."""

    @property
    def has_plain_contexts(self) -> bool:
        """Whether contexts are plain dictionaries, which nobody makes or takes down."""

    @property
    def context_factory(self) -> Callable[..., Any]:
        """What makes the context of a call."""

    @property
    def delete_context(self) -> Callable[..., Any]:
        """What takes down the context of a call."""

    def directives(self) -> Mapping[str, Callable[..., Any]]:
        """Return directives by the name of the parameter that asks for them."""
