"""NATS: by which URLs it is reached, and what is said when it is not."""

import asyncio
import logging
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hug.eventstream.engines.nats import maker
from hug.exceptions import BrokerError, Unreachable

from ...ports import free_port
from ...waiting import Stopwatch
from ..conftest import Ear
from ..entries import entry, kept, put
from ..nats_server import Nats
from .conftest import configured, connected

pytestmark = pytest.mark.anyio

SECRET = "nuts"


async def refused(url: str, kind: type[Exception] = BrokerError) -> str:
    """Return what is said when a URL is no good."""
    tasks = asyncio.all_tasks()
    with pytest.raises(kind) as caught:
        await maker(url, "hug")().connect(Ear())
    assert type(caught.value) is kind
    assert SECRET not in str(caught.value)
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == tasks
    return str(caught.value)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is logged by libraries, whatever happens."""
    yield
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    "url",
    [
        "nats://",
        "nats://user:nuts@",
        "nats://:nuts@host:port",
        "nats://user:nuts@host:4222/queue",
        "nats://user:nuts@host:70000",
        "nats://user:nuts@host:4222,",
        "http://user:nuts@host",
        "nats://user:nuts@ho st",
        "nats://user:nuts@host?replicas=7",
        "nats://user:nuts@host?storage=tape",
        "nats://user:nuts@host?speed=9",
        "nats://user:nuts@host?creds=/no/such/file",
        "nats://user:nuts@host?tls_ca=",
    ],
)
async def test_urls_that_mean_nothing(url: str) -> None:
    """A URL that cannot be understood is refused before anything is connected, without its password."""
    with pytest.raises(BrokerError) as caught:
        maker(url, "hug")()
    assert "nuts" not in str(caught.value)
    assert str(caught.value).startswith(url.partition(":")[0])


async def test_a_wrong_password(shared: Nats) -> None:
    """A wrong password, or none, is told as such, with the user and where."""
    where = f"127.0.0.1:{shared.port}"
    said = await refused(f"nats://hug:nuts%20allergy@{where}")
    assert said.startswith(f"nats://hug@{where}: the server does not let us in")
    await refused(f"nats://{where}")
    await refused(f"nats://nuts@{where}")


async def test_a_token(prefix: str) -> None:
    """What stands before the @ without a colon is a token."""
    with configured("authorization: {token: 'to/ken'}", authorization=False) as server:
        async with connected(f"nats://to%2Fken@127.0.0.1:{server.port}", prefix) as (one, _):
            assert await put(one, entry()) == [1]
        await refused(f"nats://nuts@127.0.0.1:{server.port}")


async def test_several_servers(shared: Nats, prefix: str) -> None:
    """Of several servers one that answers is taken."""
    for _ in range(4):
        url = shared.url.replace("127.0.0.1:", f"127.0.0.1:{free_port()},localhost:")
        async with connected(url, prefix) as (one, _):
            await put(one, entry())


async def test_nobody_there() -> None:
    """A server that is absent is one that may come."""
    watch = Stopwatch()
    said = await refused(f"nats://user:nuts@127.0.0.1:{free_port()}", Unreachable)
    assert "connect" in said.lower()
    await refused("nats://user:nuts@name.invalid", Unreachable)
    assert watch.seconds < 10


@contextmanager
def _answering(text: bytes) -> Iterator[int]:
    """Something that is no NATS server; it says one thing to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held = []

        def serve() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                held.append(client)
                client.sendall(text)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        for each in held:
            each.close()


@pytest.mark.parametrize("text", [b"", b"220 mail.example.org ESMTP\r\n", b"INFO what?\r\n"])
async def test_something_else_there(text: bytes) -> None:
    """What does not speak NATS is given up within seconds."""
    watch = Stopwatch()
    with _answering(text) as port:
        await refused(f"nats://user:nuts@127.0.0.1:{port}", Unreachable)
    assert watch.seconds < 8


async def test_an_old_server() -> None:
    """A server without what is needed is refused for good, and the message names its version."""
    info = b'INFO {"server_id":"a","version":"2.8.4","headers":true,"max_payload":1048576}\r\nPONG\r\n'
    with _answering(info) as port:
        assert "2.8.4" in await refused(f"nats://127.0.0.1:{port}")


async def test_without_jetstream() -> None:
    """A server without JetStream is refused, and the message says how to switch it on."""
    with configured(jetstream="disabled") as server:
        assert "--jetstream" in await refused(server.url)


async def test_an_account_without_jetstream() -> None:
    """So is an account that may not use it."""
    accounts = (
        "accounts: {A: {users: [{user: hug, password: nuts}], jetstream: disabled}, B: {jetstream: enabled}}"
    )
    with configured(accounts, authorization=False) as server:
        assert "account" in await refused(f"nats://hug:nuts@127.0.0.1:{server.port}")


@pytest.mark.parametrize(
    ("allowed", "missing"),
    [
        ("publish: ['hug.>'], subscribe: '>'", "$js.api"),
        ("publish: ['$JS.API.>'], subscribe: '>'", "hug.own"),
        ("publish: '>', subscribe: ['_INBOX.>', '$JS.EVENT.>']", "hug.live"),
        ("publish: '>', subscribe: ['hug.>', '$JS.EVENT.>']", "_inbox"),
        ("publish: '>', subscribe: ['hug.>', '_INBOX.>']", "$js.event"),
    ],
)
async def test_what_a_user_may_not_do(allowed: str, missing: str) -> None:
    """A user who may not do what is needed is told what that is."""
    users = f"authorization: {{users: [{{user: hug, password: nuts, permissions: {{{allowed}}}}}]}}"
    with configured(users, authorization=False) as server:
        said = await refused(f"nats://hug:nuts@127.0.0.1:{server.port}")
        assert missing in said
        assert "allow the user to publish to $JS.API.> and hug.>" in said


async def test_a_user_who_may_do_what_is_needed() -> None:
    """No more is needed than what the message says."""
    needed = (
        "publish: ['$JS.API.>', 'hug.>'], "
        "subscribe: ['_INBOX.>', 'hug.live.>', '$JS.EVENT.ADVISORY.STREAM.DELETED.*']"
    )
    users = f"authorization: {{users: [{{user: hug, password: nuts, permissions: {{{needed}}}}}]}}"
    with configured(users, authorization=False) as server:
        async with connected(f"nats://hug:nuts@127.0.0.1:{server.port}") as (one, _):
            await one.follow("news")
            assert await put(one, entry()) == [1]
            assert await one.lease("turn", "me", 5)
            assert len(await kept(one)) == 1
            await one.prune()
            await one.delete("news")


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that signs itself; its key lies beside it."""
    folder = tmp_path_factory.mktemp("tls")
    made = [
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "certificate.pem"),
    ]
    subprocess.run(made, cwd=folder, check=True, capture_output=True)
    return folder / "certificate.pem"


async def test_tls(certificate: Path, prefix: str) -> None:
    """Both schemes encrypt when the server asks for it, with a certificate that is trusted, or not at all."""
    tls = f"tls: {{cert_file: '{certificate}', key_file: '{certificate.with_name('key.pem')}'}}"
    with configured(tls) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        for scheme in ("nats", "tls"):
            with_scheme = url.replace("nats://", f"{scheme}://")
            async with connected(f"{with_scheme}?tls_ca={certificate}", prefix) as (one, _):
                await put(one, entry())
            assert "tls_ca" in await refused(with_scheme)
        await refused(f"{url.replace('localhost', '127.0.0.1')}?tls_ca={certificate}")


async def test_a_server_without_tls(shared: Nats) -> None:
    """With tls:// nothing is sent in the clear, the password least of all."""
    said = await refused(shared.url.replace("nats://", "tls://"))
    assert "TLS" in said
    with socket.create_server(("127.0.0.1", 0)) as listening:
        heard = []

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                client.sendall(b'INFO {"version":"2.9.10","auth_required":true,"max_payload":1048576}\r\n')
                while some := client.recv(1000):
                    heard.append(some)

        thread = threading.Thread(target=serve)
        thread.start()
        await refused(f"tls://user:nuts@127.0.0.1:{listening.getsockname()[1]}")
        thread.join(10)
        assert b"nuts" not in b"".join(heard)
