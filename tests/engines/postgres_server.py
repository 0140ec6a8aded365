"""A PostgreSQL for tests; and two of them, one of which takes over from the other."""

import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import psycopg

from ..ports import free_port
from ..waiting import until
from .running import Server, end, which


class Postgres(Server):
    needs = ("postgres", "initdb", "pg_isready")
    user = "postgres"  # it refuses to be run by root
    password = "post secret"
    polite = signal.SIGINT  # a fast shutdown: SIGTERM would wait for all clients to leave

    @property
    def url(self) -> str:
        """What hug is told."""
        return self._url(self.port)

    def _url(self, *ports: int) -> str:
        places = ",".join(f"{self.host}:{port}" for port in ports)
        return f"postgresql://hug:{quote(self.password)}@{places}/postgres"

    def prepare(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        made = self.spawn(
            [
                "initdb",
                *("--pgdata", str(self.data), "--username", "hug", "--pwfile", str(secret)),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ]
        )
        assert made.wait(60) == 0, self.log.read_text()
        with (self.data / "pg_hba.conf").open("a") as allowed:
            allowed.write("host all all 10.0.0.0/8 scram-sha-256\n")  # see `Server.host`

    def command(self) -> list[str]:
        return self._words(self.data, self.port)

    def _words(self, data: Path, port: int) -> list[str]:
        # Without fsync a kill loses nothing, only a loss of power would.
        return [
            "postgres",
            *("-D", str(data), "-h", self.host, "-p", str(port), "-k", str(self.folder)),
            *("-c", "fsync=off"),
            # In its folder, with which it goes: elsewhere whoever is killed leaves it behind for good.
            *("-c", "dynamic_shared_memory_type=mmap"),
        ]

    def ready(self) -> bool:
        return self._accepts(self.port)

    def _accepts(self, port: int) -> bool:
        ask = [which("pg_isready") or "", "-q", "-h", self.host, "-p", str(port)]
        return subprocess.run(ask, check=False).returncode == 0


class PostgresPair(Postgres):
    """A primary, and the place of a standby that may take over from it.

    Port and data are those of the primary: they change when the standby is promoted.
    """

    needs = (*Postgres.needs, "pg_basebackup")
    prepared_as = "Postgres"

    def __init__(self) -> None:
        super().__init__()
        self._other: subprocess.Popen[bytes] | None = None  # a standby, or what was the primary
        self._other_port = free_port()
        self._other_data = self.folder / "other"
        self._ports = (self.port, self._other_port)

    @property
    def url(self) -> str:
        """What hug is told: both places, in the same order always."""
        return self._url(*self._ports)

    def stand_by(self) -> None:
        """Have a copy of the primary follow it from now on."""
        self.end_other()
        shutil.rmtree(self._other_data, ignore_errors=True)
        source = f"host={self.folder} port={self.port} user=hug password='{self.password}'"
        copied = self.spawn(
            [
                *("pg_basebackup", "--pgdata", str(self._other_data), "--dbname", source),
                *("--write-recovery-conf", "--checkpoint", "fast", "--no-sync"),
            ]
        )
        assert copied.wait(60) == 0, self.log.read_text()
        self._other = self.spawn(self._words(self._other_data, self._other_port))
        until(lambda: self._accepts(self._other_port), "the standby answers", within=30)
        until(self._copies, "the standby follows", within=30)

    def cut_off(self) -> None:
        """Let the standby hear nothing more of the primary."""
        self._ask(self._other_port, "ALTER SYSTEM SET primary_conninfo = ''")
        self._ask(self._other_port, "SELECT pg_reload_conf()")
        until(lambda: not self._copies(), "the standby does not follow", within=30)

    def promote(self) -> None:
        """Have the standby take over; what was the primary stays as it is."""
        assert self._ask(self._other_port, "SELECT pg_promote()") is True
        self._process, self._other = self._other, self._process
        self.port, self._other_port = self._other_port, self.port
        self.data, self._other_data = self._other_data, self.data

    def end_other(self) -> None:
        """End the standby, or what was the primary before that took over."""
        if self._other is not None:
            end(self._other)
            self._other = None

    def remove(self) -> None:
        self.end_other()
        super().remove()

    def _copies(self) -> bool:
        """Whether the standby has what is written, but for the last moment."""
        following = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
        return bool(self._ask(self.port, following))

    def _ask(self, port: int, statement: str) -> Any:
        with psycopg.connect(self._url(port), autocommit=True) as connection:
            rows = connection.execute(cast("Any", statement))
            return rows.fetchall()[0][0] if rows.description else None
