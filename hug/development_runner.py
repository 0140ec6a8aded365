"""The command ``hug``, under the name of the module that hug 2 had it in."""

from __future__ import annotations

from collections.abc import Sequence


def hug(words: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; see `hug.command.main`."""
    from hug.command import main  # noqa: PLC0415  # most programs never need it

    return main(words)
