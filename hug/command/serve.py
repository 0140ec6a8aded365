"""``hug app.py``: serves the API in a file or module, or runs a command of it."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Sequence

from hug.command.closed_streams import open_output
from hug.command.run_command import run_command
from hug.exceptions import HugError


def main(words: Sequence[str]) -> int:
    """Serve, and return the exit code.

    Args:
        words: The command line after the command's name.

    Raises:
        HugError: It cannot; the message says why.
    """
    arguments = _parsed(words)
    if arguments.command is not None:
        return run_command(
            words,
            arguments.command,
            arguments.program,
            arguments.file,
            arguments.module,
            arguments.broker,
        )
    _warn_of_old_hug()
    open_output()  # uvicorn asks it whether it is a terminal
    # Brings uvicorn with it, which neither --help nor --version should wait for.
    from hug.server.program import Program  # noqa: PLC0415
    from hug.server.run import run  # noqa: PLC0415

    return run(
        Program.find(arguments.program, file=arguments.file, module=arguments.module),
        host=arguments.host,
        port=arguments.port,
        interval=None if arguments.manual_reload else arguments.interval,
        silent=arguments.silent,
        documentation=not arguments.no_404_documentation,
        workers=_workers(arguments.workers),
        limit=arguments.limit_max_requests,
        broker=arguments.broker,
    )


def _warn_of_old_hug() -> None:
    """Say so if the distribution ``hug`` (hug 2) is installed, too: both put their files into one folder."""
    from importlib import metadata  # noqa: PLC0415  # see `_Version`

    try:
        version = metadata.version("hug")
    except metadata.PackageNotFoundError:
        return
    print(
        f"Warning: hug {version} is installed beside hug-sse, and each overwrites files of the other. "
        "Mend it with: pip uninstall -y hug hug-sse; pip install hug-sse",
        file=sys.stderr,
    )


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    """Return the options; all behind ``-c`` is the command's, also ``--``, which argparse would take."""
    at = next((place for place, word in enumerate(words) if word in ("-c", "--command")), len(words))
    arguments = _parser().parse_args(words[:at])
    if at < len(words):
        arguments.command = list(words[at + 1 :])
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hug",
        description="Serve the Hug API in a file or module.",
        epilog="Other commands: 'hug publish CHANNEL DATA' publishes an event on a channel, 'hug listen "
        "CHANNEL' or 'hug listen URL' shows events as they come. Each has a --help of its own.",
    )
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
    option(
        "-b",
        "--broker",
        metavar="URL",
        help="where channels are kept: redis://localhost, say (default: $HUG_BROKER, else the memory of the "
        "process or, of several workers, a temporary file)",
    )
    option(
        "-w",
        "--workers",
        type=_whole,
        metavar="N",
        help="processes that serve (default: $WEB_CONCURRENCY, or 1)",
    )
    option(
        "--limit-max-requests",
        type=_whole,
        metavar="N",
        help="requests after which a process is replaced by another, and up to a tenth more (default: never)",
    )
    option(
        "-c",
        "--command",
        nargs=argparse.REMAINDER,
        help="do not serve, but run this command of the program, with all words behind it",
    )
    option("-s", "--silent", action="store_true", help="print no banner and log no requests")
    option("-v", "--version", action=_Version, nargs=0, help="show program's version number and exit")
    return parser


def _seconds(word: str) -> float:
    seconds = float(word)
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise argparse.ArgumentTypeError(f"must be more than 0 seconds, not {word}")
    return seconds


class _Version(argparse.Action):
    """Prints the version; to look it up takes longer than most commands of a program."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """See `argparse.Action`."""
        from importlib import metadata  # noqa: PLC0415

        print(f"hug {metadata.version('hug-sse')}")
        parser.exit()


def _whole(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {word}")
    return number


def _workers(given: int | None) -> int:
    """Return how many processes serve: as many as were given, or as the environment says to any server."""
    word = os.environ.get("WEB_CONCURRENCY", "").strip()
    if given is not None or not word:
        return given or 1
    if not word.isascii() or not word.isdigit() or int(word) < 1:
        raise ConcurrencyError(word)
    return int(word)


class ConcurrencyError(HugError, ValueError):
    """The environment does not say how many processes are to serve."""

    def __init__(self, word: str) -> None:
        super().__init__(f"WEB_CONCURRENCY is a number of workers, 1 or more, not {word!r}")
