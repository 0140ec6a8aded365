"""The command while it serves: what is loaded, where it is reached, how it ends."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ..ports import free_port
from ..waiting import Stopwatch
from .running import ENVIRONMENT, PROGRAM, Running, until

Start = Callable[..., Running]


def reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def addresses() -> list[str]:
    """The loopback addresses that this machine has."""
    found = ["127.0.0.1"]
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return found
    return [*found, "::1"]


def endless(running: Running) -> socket.socket:
    """Open a response without end and read no further than its head."""
    client = socket.create_connection(("127.0.0.1", running.port))
    client.sendall(b"GET /endless HTTP/1.1\r\nHost: hug\r\n\r\n")
    assert client.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")
    return client


@pytest.mark.parametrize(
    "words", [["-f", "app.py"], ["-m", "app", "-ma"], ["app.py"], ["./app.py", "-ma"], ["app"]], ids=" ".join
)
def test_name(hug: Start, words: list[str]) -> None:
    """A file is loaded under the name that importing it gives it; -f and -m may be left out."""
    assert hug(*words).get().startswith("one app ")


def test_folders(hug: Start, folder: Path) -> None:
    """A file finds its neighbours and the modules of the current folder; its neighbours find it."""
    (folder / "deep").mkdir()
    (folder / "here.py").write_text("HERE = 'here'")
    (folder / "deep" / "beside.py").write_text("def word():\n    import served\n    return served.BESIDE")
    (folder / "deep" / "served.py").write_text(
        "import beside, here\nBESIDE = 'beside'\n"
        + PROGRAM.replace('"one"', "f'{here.HERE} and {beside.word()}'")
    )
    assert hug("-f", "deep/served.py", "-ma").get().startswith("here and beside served ")


def test_package(hug: Start, folder: Path) -> None:
    """A module may lie in a package and import its siblings."""
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").touch()
    (folder / "package" / "words.py").write_text("WORD = 'sibling'")
    source = PROGRAM.replace('WORD = "one"', "from .words import WORD")
    (folder / "package" / "served.py").write_text(source)
    assert hug("-m", "package.served", "-ma").get().startswith("sibling package.served ")


def test_file_of_any_name(hug: Start, folder: Path) -> None:
    """A file need not be named like a module."""
    (folder / "app.py").rename(folder / "my-app.v2")
    assert hug("-f", "my-app.v2", "-ma").get().startswith("one my-app ")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_closed_streams(folder: Path, workers: str) -> None:
    """A server may be started without standard streams."""
    port = free_port()
    words = [sys.executable, "-m", "hug", "app.py", "-ma", "-p", str(port), "-w", workers]
    start = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *words]
    with subprocess.Popen(start, cwd=folder, env=ENVIRONMENT) as process:
        try:
            until(lambda: reachable(port) or process.poll() is not None, "an answer, or the end")
            assert process.poll() is None
        finally:
            process.terminate()
        assert process.wait(30) in (0, -signal.SIGTERM)  # the latter if it had only begun to listen


def test_all_interfaces(hug: Start) -> None:
    """Without --host, IPv4 and IPv6 both answer, and each client keeps the address it has."""
    running = hug("-f", "app.py", "-ma")
    for address in addresses():
        assert running.get(host=address).endswith(f" {address}")


def test_one_host(hug: Start) -> None:
    """With --host, other addresses of the machine are left alone, and the banner names the host."""
    running = hug("-f", "app.py", "-ma", "-ho", "127.0.0.1")
    assert running.get()
    assert f"http://127.0.0.1:{running.port}\n" in running.stdout
    assert "Other machines" not in running.stdout
    with pytest.raises(ConnectionRefusedError):
        running.get(host="127.0.0.2")


def test_output(hug: Start) -> None:
    """The banner shows a URL that answers, and each request is logged, both on stdout."""
    running = hug("-f", "app.py")
    banner = (
        f"\n  hug serves app: 0 routes\n  http://localhost:{running.port}\n"
        "  Other machines can reach it, too; with -ho localhost they cannot.\n\n  Ctrl-C ends it.\n\n"
    )
    until(lambda: running.stdout == banner)
    running.get("/path")
    until(lambda: '"GET /path HTTP/1.1" 200 OK' in running.stdout)
    assert running.end() == 0
    assert running.stderr == ""


@pytest.mark.parametrize("word", ["-n", "-nd"])
def test_no_documentation(hug: Start, word: str) -> None:
    """-n answers unknown URLs without the documentation."""
    unknown = hug("-f", "app.py", "-ma", word).get("/unknown")
    assert unknown == '{"errors": {"404 Not Found": null}}'


@pytest.mark.parametrize("words", [[], ["-ma"]], ids=["reloading", "not reloading"])
def test_silent(hug: Start, words: list[str]) -> None:
    """-s prints nothing at all, from the start to the end."""
    port = free_port()
    running = hug("-f", "app.py", "-s", "-p", str(port), *words)
    until(lambda: reachable(port))
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200 OK")
    running.interrupt()
    assert (running.stdout, running.stderr) == ("", "")


def test_terminate(hug: Start) -> None:
    """SIGTERM ends the command in order; without reloading, the server then lets it do its default."""
    reloading, single = hug("-f", "app.py"), hug("-f", "app.py", "-ma")
    ports = reloading.port, single.port
    assert reloading.end(signal.SIGTERM) == 0
    assert single.end(signal.SIGTERM) == -signal.SIGTERM
    assert not any(map(reachable, ports))
    assert reloading.stderr == single.stderr == ""


def test_interrupt(hug: Start) -> None:
    """Ctrl-C ends the command within 2 s and without a word."""
    running = hug("-f", "app.py")
    running.says("one")
    watch = Stopwatch()
    assert running.interrupt() == 0
    assert watch.seconds < 2
    assert running.stderr == ""


def test_interrupt_stuck_client(hug: Start) -> None:
    """Ctrl-C ends the command within 2 s, without a traceback, while a client is stuck in a response."""
    running = hug("-f", "app.py", "-ma")
    with endless(running):
        watch = Stopwatch()
        assert running.interrupt() == 0
        assert watch.seconds < 2
    assert "Traceback" not in running.stderr


CANCELLED = """
import asyncio
import hug

@hug.get()
async def cancelled():
    task = asyncio.ensure_future(asyncio.sleep(60))
    task.cancel()
    await task
"""


@pytest.mark.parametrize("words", [[], ["-ma"]], ids=["reloading", "not reloading"])
def test_cancelled_handler(hug: Start, folder: Path, words: list[str]) -> None:
    """A handler that waits for what was cancelled fails as any other does: its traceback is in the log."""
    (folder / "cancelled.py").write_text(CANCELLED)
    running = hug("-f", "cancelled.py", *words)
    assert "Internal Server Error" in running.get("/cancelled")
    until(lambda: "await task" in running.stderr and "CancelledError" in running.stderr)


@pytest.mark.parametrize("words", [[], ["-ma"]], ids=["reloading", "not reloading"])
def test_interrupt_while_loading(hug: Start, folder: Path, words: list[str]) -> None:
    """Ctrl-C also ends a program that is still being imported, without a traceback."""
    (folder / "slow.py").write_text("import pathlib, time\npathlib.Path('began').touch()\ntime.sleep(60)")
    running = hug("-f", "slow.py", *words)
    until((folder / "began").exists)
    running.interrupt()
    assert running.stderr == ""


def test_killed(hug: Start) -> None:
    """When the command itself is killed, the process that serves for it ends, too, and frees the port."""
    running = hug("-f", "app.py")
    port = running.port
    assert running.get().split()[2] != str(running.process.pid)
    running.end(signal.SIGKILL)
    until(lambda: not reachable(port))


def test_program_ends_itself(hug: Start) -> None:
    """A program that ends its process ends the command with its exit code, as it would alone."""
    running = hug("-f", "app.py", "-i", "60")
    with pytest.raises(ConnectionError):
        running.get("/die")
    assert running.process.wait(30) == 5


def test_serve(python: Start, folder: Path) -> None:
    """A program can serve an application itself; Ctrl-C lets it go on after that."""
    (folder / "own.py").write_text(
        "from app import __hug_asgi__\nfrom hug.server.serve import serve\n"
        "serve(__hug_asgi__, 'localhost', 0, title='mine')\nprint('goes on')"
    )
    running = python("own.py", path=folder)
    assert running.get().startswith("one app ")
    assert running.stdout.startswith("\n  hug serves mine\n")
    assert running.interrupt() == 0
    assert running.stdout.endswith("goes on\n")


ROUTES = """
import hug

news = hug.sse.channel("news")

@hug.get()
@hug.post("/joy")
def happy(): ...

@hug.get("/happy", versions=2)
def happier(): ...

@hug.sse("/news")
def stream(): return news

@hug.sse("/talk", accept=("GET", "POST"))
def talk(): return news

@hug.static("/some-files")
def files(): return "."

@hug.sink("/all")
def everything(): ...
"""


def test_routes(hug: Start, folder: Path) -> None:
    """The banner lists methods and URLs, which of them are streams, and what takes all that begins so."""
    (folder / "several.py").write_text(ROUTES)
    running = hug("several.py")
    running.get("/happy")
    lines = running.stdout.splitlines()
    assert [line for line in lines if "/" in line and "http" not in line][:6] == [
        "  POST      /joy",
        "  GET       /happy  (version 2)",
        "  SSE       /news",
        "  SSE POST  /talk",
        "  ALL       /all...",
        "  FILES     /some-files/...",
    ]


def test_many_routes(hug: Start, folder: Path) -> None:
    """Of many routes the banner lists the first twenty, and counts the others."""
    (folder / "many.py").write_text("import hug\nfor n in range(100):\n    hug.get(f'/n{n}')(lambda: None)\n")
    running = hug("many.py")
    assert running.port
    assert "hug serves many: 100 routes\n" in running.stdout
    assert running.stdout.count("  GET  /n") == 20
    assert "  ... and 80 more\n" in running.stdout


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: hug\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def test_websocket(hug: Start) -> None:
    """A WebSocket handshake is answered as the GET that it is, whatever is installed; so is the next one."""
    running = hug("-f", "app.py", "-ma")
    with socket.create_connection(("127.0.0.1", running.port), 10) as client:
        for _ in range(2):
            client.sendall(HANDSHAKE)
            answer = b""
            while b" app " not in answer and (data := client.recv(1000)):
                answer += data
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    running.end()
    assert running.stderr == ""


def test_serve_in_a_loop(python: Start, folder: Path) -> None:
    """To serve from a running event loop is refused, with what to do instead."""
    (folder / "own.py").write_text(
        "import asyncio\nfrom app import __hug_asgi__\nfrom hug.server.serve import serve\n"
        "async def main():\n    serve(__hug_asgi__)\n"
        "asyncio.run(main())"
    )
    running = python("own.py", path=folder)
    assert running.process.wait(30) == 1
    assert running.stderr.splitlines()[-1].startswith(
        "hug.server.serve.LoopRunning: serve() runs an event loop"
    )
    assert "with background=True" in running.stderr


def test_decorated(hug: Start, folder: Path) -> None:
    """A program of decorated functions is served with all of them, and the banner counts them."""
    (folder / "birthday.py").write_text(
        "import hug\n\n@hug.get()\ndef happy(name: str, age: hug.types.number = 1):\n"
        "    return f'Happy {age} Birthday {name}!'\n"
    )
    running = hug("-f", "birthday.py")
    assert running.get("/happy?name=Ann&age=7") == '"Happy 7 Birthday Ann!"'
    assert "  hug serves birthday: 1 route\n" in running.stdout


def test_rare_collections(tmp_path: Path) -> None:
    """While it serves, the process looks for garbage rarely; afterwards, and if told to itself, as ever."""
    program = tmp_path / "app.py"
    program.write_text(
        "import gc, os, signal, sys, threading, urllib.request\n"
        "import hug\n"
        "at_first = gc.get_freeze_count()\n"  # not 0 in Python 3.12
        "def frozen(): return gc.get_freeze_count() > at_first\n"
        "@hug.get()\n"
        "def seen(): return {'threshold': gc.get_threshold()[0], 'frozen': frozen()}\n"
        "def look():\n"
        "    url = f'http://127.0.0.1:{sys.argv[1]}/seen'\n"
        "    while True:\n"
        "        try:\n"
        "            print(urllib.request.urlopen(url).read().decode())\n"
        "            break\n"
        "        except OSError:\n"
        "            pass\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "gc.set_threshold(int(sys.argv[2]))\n"
        "threading.Thread(target=look).start()\n"
        "hug.API(__name__).http.serve('127.0.0.1', int(sys.argv[1]), display_intro=False)\n"
        "print(gc.get_threshold()[0], frozen())\n"
    )
    seen = {}
    for threshold in (700, 50_000):
        done = subprocess.run(
            [sys.executable, str(program), str(free_port()), str(threshold)],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        during, after = done.stdout.splitlines()
        assert after == f"{threshold} False"
        seen[threshold] = json.loads(during)
    assert seen[700] == {"threshold": 10_000, "frozen": True}
    assert seen[50_000] == {"threshold": 50_000, "frozen": False}
