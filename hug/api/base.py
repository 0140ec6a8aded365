"""What both sides of an API have, that for HTTP and that for the command line."""

from __future__ import annotations

from typing import ClassVar, Final

from hug import defaults
from hug.output_format.prepared import Output, OutputFormat, output

_DEFAULTS: Final = vars(defaults)  # looked up in for each request: what is assigned there is here


class APIBase:
    """One side of an API, with an output format of its own or the default of all APIs."""

    default_format: ClassVar[str]
    """The name of that default in `hug.defaults`, where an application may set another one at any time."""

    def __init__(self) -> None:
        self._output: Output | None = None

    @property
    def output(self) -> Output:
        """The output format, prepared."""
        return self._output or output(_DEFAULTS[self.default_format])

    @property
    def output_format(self) -> OutputFormat:
        """What turns results into bytes, where nothing has an output format of its own."""
        return self.output.function

    @output_format.setter
    def output_format(self, formatter: OutputFormat) -> None:
        self._output = output(formatter)
