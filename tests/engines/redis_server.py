"""Redis for tests: alone, in a Redis Cluster, with TLS; and the Sentinel that watches it."""

import socket
import subprocess

import redis

from ..ports import free_port
from .running import Server


class Redis(Server):
    needs = ("redis-server",)
    password = "red secret"

    @property
    def url(self) -> str:
        return f"redis://:{self.password.replace(' ', '%20')}@{self.host}:{self.port}/0"

    @property
    def socket_url(self) -> str:
        return f"unix://:{self.password.replace(' ', '%20')}@{self.folder / 'socket'}"

    def command(self) -> list[str]:
        return [
            "redis-server",
            *("--bind", self.host, "--port", str(self.port), "--dir", str(self.data)),
            *("--unixsocket", str(self.folder / "socket")),
            *("--requirepass", self.password, "--masterauth", self.password),
            *("--save", "", "--appendonly", "yes", "--repl-diskless-sync-delay", "0"),
        ]

    def ready(self) -> bool:
        with socket.create_connection((self.host, self.port), 1) as client:
            secret = self.password.encode()
            client.sendall(b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%b\r\nPING\r\n" % (len(secret), secret))
            answer = b""
            while answer.count(b"\r\n") < 2 and (some := client.recv(1000)):
                answer += some
            return answer == b"+OK\r\n+PONG\r\n"  # not -LOADING

    def administrator(self, **options: int) -> "redis.Redis":
        """Return a client for what an administrator does."""
        return redis.Redis(self.host, self.port, password=self.password, **options)  # type: ignore[arg-type]


class RedisOfCluster(Redis):
    def command(self) -> list[str]:
        return [*super().command(), "--cluster-enabled", "yes", "--cluster-port", str(free_port())]


class RedisWithTLS(Redis):
    needs = ("redis-server", "openssl")

    def __init__(self) -> None:
        super().__init__()
        self.tls_port = free_port()

    @property
    def tls_url(self) -> str:
        """Without the option that names the certificate."""
        return f"rediss://:{self.password.replace(' ', '%20')}@127.0.0.1:{self.tls_port}/0"

    @property
    def certificate(self) -> str:
        return str(self.data / "certificate.pem")

    @property
    def key(self) -> str:
        return str(self.data / "key.pem")

    def prepare(self) -> None:
        made = subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
                *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
                *("-keyout", self.key, "-out", self.certificate),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr

    def command(self) -> list[str]:
        return [
            *super().command(),
            *("--tls-port", str(self.tls_port), "--tls-auth-clients", "no"),
            *("--tls-cert-file", self.certificate, "--tls-key-file", self.key),
        ]


class Sentinel(Server):
    """One that watches a Redis as ``mine``, and asks for a password of its own; by TLS if that speaks it."""

    needs = ("redis-server",)
    password = "watch secret"

    def __init__(self, watched: Redis) -> None:
        super().__init__()
        self.watched = watched

    @property
    def url(self) -> str:
        """Without the option that names the certificate."""
        scheme = "rediss" if isinstance(self.watched, RedisWithTLS) else "redis"
        return (
            f"{scheme}+sentinel://:{self.watched.password.replace(' ', '%20')}@127.0.0.1:{free_port()},"
            f"127.0.0.1:{self.port}/mine/0?sentinel_password={self.password.replace(' ', '%20')}"
        )

    def command(self) -> list[str]:
        port, listening = self.watched.port, f"port {self.port}\n"
        if isinstance(self.watched, RedisWithTLS):
            port = self.watched.tls_port
            listening = (
                f"port 0\ntls-port {self.port}\ntls-auth-clients no\ntls-replication yes\n"
                f"tls-cert-file {self.watched.certificate}\ntls-ca-cert-file {self.watched.certificate}\n"
                f"tls-key-file {self.watched.key}\n"
            )
        configuration = self.folder / "sentinel.conf"  # which is written anew by what reads it
        configuration.write_text(
            f"bind 127.0.0.1\n{listening}dir {self.data}\n"
            f'requirepass "{self.password}"\nsentinel sentinel-pass "{self.password}"\n'
            f"sentinel monitor mine 127.0.0.1 {port} 1\n"
            f'sentinel auth-pass mine "{self.watched.password}"\n'
            "sentinel down-after-milliseconds mine 500\n"
        )
        return ["redis-server", str(configuration), "--sentinel"]

    def administrator(self) -> "redis.Redis":
        tls = isinstance(self.watched, RedisWithTLS)
        return redis.Redis(port=self.port, password=self.password, ssl=tls, ssl_cert_reqs="none")

    def ready(self) -> bool:
        client = self.administrator()
        try:
            return bool(client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mine"))
        except redis.RedisError:
            return False
        finally:
            client.close()
