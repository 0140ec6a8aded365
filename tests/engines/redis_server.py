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

    def prepare(self) -> None:
        made = subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
                *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
                *("-keyout", str(self.data / "key.pem"), "-out", self.certificate),
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
            *("--tls-cert-file", self.certificate, "--tls-key-file", str(self.data / "key.pem")),
        ]


class Sentinel(Server):
    """One that watches a Redis as ``mine``, and asks for a password of its own."""

    needs = ("redis-server",)
    password = "watch secret"

    def __init__(self, watched: Redis) -> None:
        super().__init__()
        self.watched = watched

    @property
    def url(self) -> str:
        return (
            f"redis+sentinel://:{self.watched.password.replace(' ', '%20')}@127.0.0.1:{free_port()},"
            f"127.0.0.1:{self.port}/mine/0?sentinel_password={self.password.replace(' ', '%20')}"
        )

    def prepare(self) -> None:
        (self.data / "sentinel.conf").write_text(
            f"bind 127.0.0.1\nport {self.port}\ndir {self.data}\n"
            f'requirepass "{self.password}"\nsentinel sentinel-pass "{self.password}"\n'
            f"sentinel monitor mine 127.0.0.1 {self.watched.port} 1\n"
            f'sentinel auth-pass mine "{self.watched.password}"\n'
            "sentinel down-after-milliseconds mine 500\n"
        )

    def command(self) -> list[str]:
        return ["redis-server", str(self.data / "sentinel.conf"), "--sentinel"]

    def administrator(self) -> "redis.Redis":
        return redis.Redis(port=self.port, password=self.password)

    def ready(self) -> bool:
        client = self.administrator()
        try:
            return bool(client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mine"))
        except redis.RedisError:
            return False
        finally:
            client.close()
