"""The command `hug`: serves the API in a file or module."""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
import threading
from collections.abc import Sequence

from hug.exceptions import HugError


def main(words: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        words: The command line after the command's name; None takes the process's own.
    """
    arguments = _parser().parse_args(words)
    _warn_of_old_hug()
    # Brings uvicorn with it, which neither --help nor --version should wait for.
    from hug.server.program import Program  # noqa: PLC0415
    from hug.server.run import run  # noqa: PLC0415

    try:
        return run(
            Program.find(arguments.program, file=arguments.file, module=arguments.module),
            host=arguments.host,
            port=arguments.port,
            interval=None if arguments.manual_reload else arguments.interval,
            silent=arguments.silent,
            documentation=not arguments.no_404_documentation,
        )
    except HugError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        # While the program was loading; a running server ends in order. 130 is what shells report.
        return 130


def _warn_of_old_hug() -> None:
    """Say so if the distribution ``hug`` (hug 2) is installed, too: both put their files into one folder."""
    try:
        version = importlib.metadata.version("hug")
    except importlib.metadata.PackageNotFoundError:
        return
    print(
        f"Warning: hug {version} is installed beside hug-sse, and each overwrites files of the other. "
        "Mend it with: pip uninstall -y hug hug-sse; pip install hug-sse",
        file=sys.stderr,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hug", description="Serve the Hug API in a file or module.")
    option = parser.add_argument
    option("program", nargs="?", help="Python file or module that contains the API")
    option("-f", "--file", help="Python file that contains the API")
    option("-m", "--module", help="Python module that contains the API")
    option("-ho", "--host", default="", help="name or address to serve (default: all interfaces)")
    option("-p", "--port", type=int, default=8000, help="port to serve, 0 for any free one (default: 8000)")
    option(
        "-n",
        "-nd",
        "--no_404_documentation",
        action="store_true",
        help="answer unknown URLs with a bare 404",
    )
    option("-ma", "--manual_reload", action="store_true", help="do not reload when a source file changes")
    option(
        "-i", "--interval", type=_seconds, default=1.0, help="seconds between looks for changes (default: 1)"
    )
    option("-s", "--silent", action="store_true", help="print no banner and log no requests")
    option("-v", "--version", action="version", version=f"hug {importlib.metadata.version('hug-sse')}")
    return parser


def _seconds(word: str) -> float:
    seconds = float(word)
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise argparse.ArgumentTypeError(f"must be more than 0 seconds, not {word}")
    return seconds
