"""How a program is served: from this process, or from children that are replaced when it changes."""

from __future__ import annotations

import dataclasses

from hug.eventstream.channels.default_broker import check_default, name_default
from hug.exceptions import HugError
from hug.server.private_broker import private_broker
from hug.server.program import Program
from hug.server.reload import Reloader
from hug.server.serve import configuration
from hug.server.sockets import close, listen
from hug.server.worker import Worker
from hug.server.worker_supervisor import MOST, Workers


def run(
    program: Program,
    *,
    host: str = "",
    port: int = 8000,
    interval: float | None = 1.0,
    silent: bool = False,
    documentation: bool = True,
    workers: int = 1,
    limit: int | None = None,
    broker: str | None = None,
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
        workers: How many processes serve it, 1 or more.
        limit: Requests after which one of them is replaced, and up to a tenth more; None never replaces any.
        broker: The URL of the default broker, in place of the one in the environment; this process keeps it
            there, for all that it starts.

    Raises:
        BrokerError: There is none at that URL, or a package is missing.
        ListenError: The address cannot be had.
        NumberOfWorkers: There cannot be that many.
    """
    if not 1 <= workers <= MOST:
        raise NumberOfWorkers(workers)
    if broker is None:
        check_default()
    else:
        name_default(broker)
    sockets = listen(host, port)
    config = configuration(silent=silent, reload_delay=interval or 0.0, workers=workers, limit=limit)
    worker = Worker(program, config, silent, documentation)
    try:
        if workers > 1 or limit is not None:
            supervisor = Workers(config, worker, sockets, watch=interval is not None)
            with private_broker() as private:
                supervisor.worker = dataclasses.replace(
                    worker, broker=private.url, private=private.folder, shared=private.shared
                )
                supervisor.run()
            return supervisor.exit_code
        if interval is None:
            return worker.serve(sockets)
        reloader = Reloader(config, worker, sockets)
        reloader.run()
        return reloader.exit_code
    finally:
        close(sockets)


class NumberOfWorkers(HugError, ValueError):
    """A program cannot be served by that many workers."""

    def __init__(self, workers: int) -> None:
        super().__init__(f"the number of workers must be from 1 to {MOST}, not {workers}")
        self.workers = workers
