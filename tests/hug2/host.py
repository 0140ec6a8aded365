"""Runs apps, under whichever hug is installed where this runs: hug 2.6.1, or ours.

One process imports hug once; each app is served by a fork of it, and each command line run by another, so
that no app sees what another did to the process. Orders come on standard input, a line of JSON each:
``{"serve": [apps]}`` is answered with their ports, ``{"run": words, "stdin": text}`` with ``[code, stdout,
stderr]``. At the end of its input it ends all it has started.
"""

import contextlib
import importlib.util
import io
import json
import os
import re
import runpy
import signal
import socket
import sys
import tempfile
import traceback
from functools import partial
from pathlib import Path

APPS = Path(__file__).parent / "apps"


def main() -> None:
    sys.argv[0] = "hug"  # what hug 2 calls itself is decided when it is imported
    import hug  # before the forks, so that only one process has to; with all that its names load

    for name in getattr(hug, "__all__", ()):
        if name != "this":  # which prints
            getattr(hug, name)
    servers = {"wsgi": serve_wsgi, "hug": serve_wsgi if hug.__version__.startswith("2.") else serve_ours}
    servers["hug"](None, None)
    answers, children = os.fdopen(os.dup(1), "w"), []
    sys.path.insert(0, str(APPS))
    os.chdir(APPS)
    try:
        for line in sys.stdin:
            order = json.loads(line)
            if "serve" in order:
                answer = []
                serve = servers[order["server"]]
                for app in order["serve"]:
                    # Closed here, so that nobody waits for one whose app has failed.
                    with socket.create_server(("127.0.0.1", 0)) as listener:
                        children.append(forked(partial(serve, app, listener)))
                        answer.append(listener.getsockname()[1])
            else:
                answer = outcome(order["run"], order["stdin"])
            print(json.dumps(answer), file=answers, flush=True)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def forked(function) -> int:
    """Call ``function`` in a process of its own and return its id."""
    process = os.fork()
    if process:
        return process
    try:
        function()
    except BaseException as error:
        print(*traceback.format_exception_only(type(error), error), file=sys.stderr)
    finally:
        os._exit(0)


def serve_ours(app: str | None, listener: socket.socket | None) -> None:
    """Serve as ``hug -f app`` does; without an app only import all that this needs."""
    from hug.server.program import Program
    from hug.server.serve import configuration
    from hug.server.worker import Worker

    if app is not None:
        program = Program.find(None, file=str(APPS / f"{app}.py"), module=None)
        Worker(program, configuration(silent=True), silent=True, documentation=True).serve([listener])


def serve_wsgi(app: str | None, listener: socket.socket | None) -> None:
    """Serve what a module has as a WSGI application, with waitress.

    It has one thread, and that an event loop, which hug 2 needs for coroutines.
    """
    import asyncio

    import waitress

    if app is None:
        return
    # Where hug 2 lets an exception through, the server answers; let that be what uvicorn says then.
    failed = [("content-type", "text/plain; charset=utf-8"), ("content-length", "21")]
    spec = importlib.util.spec_from_file_location(app, APPS / f"{app}.py")
    module = sys.modules[app] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def application(environ, start_response):
        try:
            asyncio.get_event_loop()
        except RuntimeError:
            asyncio.set_event_loop(asyncio.new_event_loop())
        try:
            return [bytes(memoryview(part)) for part in module.__hug_wsgi__(environ, start_response)]
        except BaseException as error:
            print(environ["REQUEST_METHOD"], environ["PATH_INFO"], repr(error), file=sys.stderr)
            start_response("500 Internal Server Error", failed, sys.exc_info())
            return [b"Internal Server Error"]

    waitress.serve(
        application, sockets=[listener], threads=1, ident=None, clear_untrusted_proxy_headers=False
    )


def outcome(words: list, stdin: str) -> list:
    """Run a command line in a process of its own; return its exit code and what it printed."""
    with contextlib.ExitStack() as files:
        out, err, code = (files.enter_context(tempfile.TemporaryFile("w+")) for _ in range(3))

        def command() -> None:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            sys.stdin = io.StringIO(stdin)
            print(exit_code(words), file=code, flush=True)
            sys.stdout.flush()
            sys.stderr.flush()

        os.waitpid(forked(command), 0)
        for file in (out, err, code):
            file.seek(0)
        return [int(code.read()), plain(out.read()), plain(err.read())]


def exit_code(words: list) -> int:
    program, *rest = words
    try:
        if program == "hug":
            sys.argv = ["hug", *rest]
            runpy.run_module("hug", run_name="__main__", alter_sys=False)
        else:
            sys.argv = rest
            runpy.run_path(rest[0], run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException as error:
        print(*traceback.format_exception_only(type(error), error), file=sys.stderr)
        return 1
    return 0


def plain(text: str) -> str:
    """Return what a program printed, without its paths and colours, and as argparse of Python 3.13 has it."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text).replace(f"{APPS}/", "")
    text = re.sub(r"(choose from )(.*)\)", lambda found: found[1] + found[2].replace("'", "") + ")", text)
    text = re.sub(r"(-\w+) (\S+), (--\w+ \2)", r"\1, \3", text)
    text = re.sub(r"(?<=\S) {2,}", "  ", text) if "usage: " in text else text
    return re.sub(r"0x[0-9a-f]{6,}", "0x0", text)


if __name__ == "__main__":
    main()
