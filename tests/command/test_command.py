"""The command's words: what it says, and the code it ends with, when there is nothing to serve."""

import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from hug.command import main

from .running import command

EVERYWHERE = "cannot listen on all interfaces, port"
TAKEN = "another program listens there; name another port (0: any that is free)"

REFUSED = {
    "both": (
        ["-f", "app.py", "-m", "app"],
        "can not define both a file and module source for Hug API.",
    ),
    "two": (["app.py", "-m", "app"], "there are two programs to serve, 'app.py' and 'app': name one."),
    "no such file": (["nowhere.py"], "there is no file 'nowhere.py'"),
    "no such path": (["./nowhere"], "there is no file './nowhere'"),
    "neither": ([], "must define a file name or module that contains a Hug API."),
    "no file": (["-f", "nowhere.py"], "there is no file 'nowhere.py'"),
    "a folder": (["-f", "."], "'.' is a folder: name a file in it"),
    "port too high": (["-p", "65536"], f"{EVERYWHERE} 65536: a port is a number from 0 to 65535"),
    "port too low": (["-p", "-1"], f"{EVERYWHERE} -1: a port is a number from 0 to 65535"),
    "no host": (["-ho", "no host"], "cannot listen on no host, port 8000: no such host"),
    "too many workers": (["app.py", "-w", "1000"], "the number of workers must be from 1 to 256, not 1000"),
    "host of others": (
        ["--host", "192.0.2.1"],
        "cannot listen on 192.0.2.1, port 8000: not an address of this machine",
    ),
}


@pytest.mark.parametrize(("words", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(
    folder: Path,
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What cannot be served is told in one line on stderr, and the command ends with 1."""
    monkeypatch.chdir(folder)
    if message.startswith("cannot listen"):
        words = ["-f", "app.py", *words]
    assert main(words) == 1
    assert capsys.readouterr() == ("", f"Error: {message}\n")


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_port_in_use(folder: Path, host: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A port that somebody listens on is refused, whichever of our addresses it is."""
    with socket.create_server((host, 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["-f", str(folder / "app.py"), "-p", str(port)]) == 1
    assert capsys.readouterr() == ("", f"Error: {EVERYWHERE} {port}: {TAKEN}\n")


@pytest.mark.parametrize(
    "words",
    [["-p", "http"], ["-i", "0"], ["-i", "-1"], ["-i", "nan"], ["-i", "soon"], ["--unknown"],
     ["-w", "0"], ["-w", "two"], ["--limit-max-requests", "0"]],
)  # fmt: skip
def test_wrong_words(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Words that make no sense get the usage and exit code 2, like those of any command."""
    with pytest.raises(SystemExit, match="2"):
        main(["-f", "app.py", *words])
    assert capsys.readouterr().err.startswith("usage: hug ")


@pytest.mark.parametrize("word", ["0", "-1", "two", "2.5"])
def test_wrong_concurrency(
    word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    """A number of workers in the environment that makes no sense is told."""
    monkeypatch.setenv("WEB_CONCURRENCY", word)
    assert main(["-f", str(folder / "app.py")]) == 1
    expected = f"Error: WEB_CONCURRENCY is a number of workers, 1 or more, not {word!r}\n"
    assert capsys.readouterr() == ("", expected)


UNFIT = {
    "no module": (["-m", "nowhere"], "there is no module 'nowhere'"),
    "no module, named alone": (["nowhere"], "there is no module 'nowhere'"),
    "no submodule": (["-m", "app.nowhere", "-ma"], "there is no module 'app.nowhere'"),
    "relative module": (["-m", ".app", "-ma"], "there is no module '.app'"),
    "no API": (
        ["-f", "plain.py"],
        "file 'plain.py' contains no Hug API: nothing in it is decorated by hug",
    ),
    "no API, not reloading": (
        ["-m", "plain", "-ma"],
        "module 'plain' contains no Hug API: nothing in it is decorated by hug",
    ),
    "name in use": (
        ["-f", "logging.py", "-ma"],
        "file 'logging.py' has the name of a module that is in use: rename it",
    ),
}


@pytest.mark.parametrize(("words", "message"), UNFIT.values(), ids=UNFIT)
def test_unfit(folder: Path, words: list[str], message: str) -> None:
    """A program that cannot be loaded, or is no API, is told in one line on stderr, with the end code 1."""
    (folder / "plain.py").touch()
    (folder / "logging.py").touch()
    ended = command("-p", "0", *words, cwd=folder)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"Error: {message}\n")


BROKEN = {
    "raises": ("import nowhere\n", "ModuleNotFoundError: No module named 'nowhere'"),
    "no Python": ("def broken(:\n", "SyntaxError: invalid syntax"),
}


@pytest.mark.parametrize(("source", "error"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("words", [["-f", "broken.py"], ["-m", "broken", "-ma"]], ids=["file", "module"])
def test_broken_program(folder: Path, source: str, error: str, words: list[str]) -> None:
    """A program that cannot be imported shows its own traceback, no frame of ours, and ends with 1."""
    (folder / "broken.py").write_text(source)
    ended = command("-p", "0", *words, cwd=folder)
    assert (ended.returncode, ended.stdout) == (1, "")
    first, *_, last = ended.stderr.splitlines()
    assert first in {"Traceback (most recent call last):", f'  File "{folder}/broken.py", line 1'}
    assert ended.stderr.count("File ") == 1
    assert f'File "{folder}/broken.py", line 1' in ended.stderr
    assert last == error


def test_program_that_exits(folder: Path) -> None:
    """A program that ends itself while it is imported gives the command its exit code."""
    (folder / "leave.py").write_text("raise SystemExit(7)")
    assert command("-p", "0", "-f", "leave.py", cwd=folder).returncode == 7


@pytest.mark.parametrize(
    "start",
    [[sys.executable, "-m", "hug"], [str(Path(sys.executable).with_name("hug"))]],
    ids=["module", "script"],
)
def test_version(start: list[str]) -> None:
    """`hug` and `python -m hug` are the same command, and know their version."""
    told = subprocess.run([*start, "-v"], capture_output=True, text=True, check=True)
    assert told.stdout == f"hug {version('hug-sse')}\n"


@pytest.mark.parametrize("code", ["import hug", "import hug.command; hug.command.main(['-h'])"])
def test_no_server_imported(code: str) -> None:
    """The server is not imported before something is served."""
    imported = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True
    )
    names = {line.rpartition("|")[2].strip() for line in imported.stderr.splitlines()}
    assert "hug" in names
    assert not names & {"uvicorn", "uvloop", "httptools", "hug.server.run", "hug.server.serve"}


def test_old_hug_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where hug 2 is installed, too, the command says how to mend that."""
    installed = tmp_path / "hug-2.6.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: hug\nVersion: 2.6.1\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert main([]) == 1
    assert capsys.readouterr().err.startswith("Warning: hug 2.6.1 is installed beside hug-sse")
