"""How a program is served: from this process, or from children that are replaced when it changes."""

from __future__ import annotations

from hug.server.program import Program
from hug.server.reload import Reloader
from hug.server.serve import configuration
from hug.server.sockets import close, listen
from hug.server.worker import Worker


def run(
    program: Program,
    *,
    host: str = "",
    port: int = 8000,
    interval: float | None = 1.0,
    silent: bool = False,
    documentation: bool = True,
) -> int:
    """Serve ``program`` until the process is told to end; return the exit code.

    A program that cannot be loaded at first ends the run; one that breaks later waits for its next change.

    Args:
        program: What to serve.
        host: A name or an address; ``""`` means all interfaces, IPv4 and IPv6.
        port: 0 to 65535; 0 lets the system choose a free one, which the banner tells.
        interval: Seconds between two looks for changes; None never reloads.
        silent: Print no banner and log no requests; errors are shown.
        documentation: Answer an unknown URL with the API's documentation, not just a bare 404.

    Raises:
        ListenError: The address cannot be had.
    """
    sockets = listen(host, port)
    config = configuration(silent=silent, reload_delay=interval or 0.0)
    worker = Worker(program, config, silent, documentation)
    if interval is None:
        return worker.serve(sockets)
    reloader = Reloader(config, worker, sockets)
    try:
        reloader.run()
    finally:
        close(sockets)
    return reloader.exit_code
