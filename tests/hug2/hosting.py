"""The side of the asker: starts `host.py` under some Python, and gives answers to cases."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from .exchanges import Answer, Case, Client, Outcome, Request

PROGRAM = Path(__file__).parent / "host.py"


class Unanswered(Exception):
    """An app has not started, or has failed so that there is no response."""


class Host:
    """A process that serves apps and runs command lines, under the hug that its Python has."""

    def __init__(self, python: str, log: Path) -> None:
        """Start it; what servers complain of goes to ``log``."""
        environment = {**os.environ, "COLUMNS": "80", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTHONPATH", None)
        self._log = log.open("w")
        self._process = subprocess.Popen(
            [python, str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment,
        )
        self._clients: dict[str, Client] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)
        self._log.close()

    def serve(self, apps: Iterable[str], server: str = "hug") -> None:
        """Serve these apps, each from a process of its own: as hug does, or with a server for ``"wsgi"``."""
        apps = list(apps)
        ports = self._order({"serve": apps, "server": server})
        self._clients = dict(zip(apps, map(Client, ports), strict=True))

    def answer(self, app: str, case: Case) -> Answer:
        """Return what ``app`` answers.

        Raises:
            Unanswered: It does not; its complaints are told.
        """
        if isinstance(case, Request):
            try:
                return self._clients[app].send(case)
            except (OSError, http.client.HTTPException) as error:
                told = Path(self._log.name).read_text()[-4000:]
                raise Unanswered(f"{app} does not answer {case.label}: {error!r}\n{told}") from None
        return Outcome(*self._order({"run": case.words, "stdin": case.stdin}))

    def _order(self, order: Mapping[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())
