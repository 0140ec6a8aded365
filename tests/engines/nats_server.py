"""A NATS server with JetStream for tests."""

import http.client

from ..ports import free_port
from .running import Server


class Nats(Server):
    """A NATS server.

    Its configuration may be added to before it is started.
    """

    needs = ("nats-server",)
    user_name = "hug"
    password = "nuts secret@home"

    def __init__(self) -> None:
        super().__init__()
        self._monitor = free_port()
        self.jetstream = f"{{store_dir: {str(self.data)!r}}}"
        self.more = [
            "max_payload: 2MB",  # an event may have a mebibyte, and its headers count, too
            f"authorization: {{user: {self.user_name}, password: {self.password!r}}}",
        ]

    @property
    def url(self) -> str:
        secret = self.password.replace(" ", "%20").replace("@", "%40")
        return f"nats://{self.user_name}:{secret}@{self.host}:{self.port}"

    def command(self) -> list[str]:
        lines = [
            f"listen: '{self.host}:{self.port}'",
            f"http: '127.0.0.1:{self._monitor}'",
            f"jetstream: {self.jetstream}",
            *self.more,
        ]
        configuration = self.folder / "nats.conf"
        configuration.write_text("\n".join(lines))
        return ["nats-server", "--config", str(configuration)]

    def ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._monitor, timeout=1)
        try:
            connection.request("GET", "/healthz")  # of JetStream, too
            return connection.getresponse().status == 200
        finally:
            connection.close()


class NatsOfCluster(Nats):
    """One of several that know each other; it has started before it works with the others."""

    @classmethod
    def several(cls, count: int) -> list["NatsOfCluster"]:
        servers = [cls() for _ in range(count)]
        routes = [f"nats://127.0.0.1:{each.route}" for each in servers]
        for number, each in enumerate(servers):
            each.more += [
                f"server_name: server-{number}",
                f"cluster: {{name: several, listen: '127.0.0.1:{each.route}', routes: {routes}}}",
            ]
        return servers

    def __init__(self) -> None:
        super().__init__()
        self.route = free_port()

    def ready(self) -> bool:
        return True

    def healthy(self) -> bool:
        """Whether it works with the others; may raise `OSError`."""
        return super().ready()
