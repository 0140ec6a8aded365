"""Programs of commands, as users run them: by ``hug -c``, as scripts, by an entry point."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hug
from hug.command import main

PROGRAM = '''\
"""Greets."""
import sys
import hug

@hug.cli()
def greet(name, times: int = 1):
    """Say hello"""
    return "\\n".join([f"Hello {name}"] * times)

@hug.cli(api=__name__)
def words():
    return sys.argv[1:]

@hug.cli()
def loaded():
    print("first")
    return sorted({"uvicorn", "uvloop", "httpx2", "redis"} & sys.modules.keys())

@hug.cli()
def endless():
    try:
        while True:
            yield "again"
    finally:
        print("closed", file=sys.stderr)

@hug.startup()
async def start(api):
    print("started", file=sys.stderr)

@hug.shutdown()
def stop(api):
    print("ended", file=sys.stderr)

if __name__ == "__main__":
    __hug__.cli()
'''

OVERVIEW = """\
Greets.

Available Commands:

 - greet: Say hello
 - words
 - loaded
 - endless

"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the program, ``greeting.py``, which is the current one; what it loads is forgotten."""
    (tmp_path / "greeting.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    for name in ("greeting", "publish"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def run(*words: str) -> int:
    """Run the command ``hug`` in this process and return its exit code."""
    try:
        return main(words)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.modules.pop("greeting", None)
        sys.modules.pop("publish", None)


@pytest.mark.parametrize(
    "words",
    [
        ("-f", "greeting.py", "-c", "greet", "you", "--times", "2"),
        ("-m", "greeting", "--command", "greet", "-t", "2", "you"),
        ("greeting.py", "-p", "0", "-s", "-c", "greet", "you", "-t", "2"),
        ("greeting", "-c", "greet", "you", "-t", "2"),
        ("-c", "greet", "you", "-t", "2", "-f", "greeting.py"),
        ("-c", "greet", "you", "-m", "greeting", "-t", "2"),
        ("greeting.py", "-c", "greet", "-t", "2", "--", "you"),
    ],
)
def test_command(folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    """``-c`` runs a command of the file or module, with all words that follow it."""
    assert run(*words) == 0
    assert capsys.readouterr() == ("Hello you\nHello you\n", "started\nended\n")


def test_own_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Behind ``-c`` options are those of the command, ``--help`` and ``-f``, too; usage tells how."""
    assert run("-f", "greeting.py", "-c", "greet", "--help") == 0
    assert capsys.readouterr().out.startswith(
        "usage: hug -f greeting.py -c greet [-h] [-t TIMES] name\n\nSay hello"
    )
    assert run("greeting.py", "-c", "greet", "you", "-f", "x") == 2
    assert "hug greeting.py -c greet: error: unrecognized arguments: -f" in capsys.readouterr().err
    assert run("greeting.py", "-c", "words") == 0
    assert capsys.readouterr().out == "['words']\n"


@pytest.mark.parametrize("words", [("-c", "nothing"), ("-c",), ("--command=nothing",)])
def test_no_such_command(folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    """A command that there is not prints the overview, and is named; so does none; the exit code is 1."""
    assert run("-f", "greeting.py", *words) == 1
    told = capsys.readouterr()
    assert told.out == OVERVIEW
    named = "".join(words).endswith("nothing")
    assert told.err.endswith(": error: there is no command 'nothing'\n") if named else not told.err


def test_no_program(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A command of no program, or of one that is not there, is an error as it is when serving."""
    assert run("-c", "greet", "you") == 1
    assert run("-f", "nowhere.py", "-c", "greet") == 1
    assert run("./", "-c", "greet") == 1
    assert capsys.readouterr().err == (
        "Error: must define a file name or module that contains a Hug API.\n"
        "Error: there is no file 'nowhere.py'\n"
        "Error: './' is a folder: name a file in it\n"
    )


def test_package(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A package may be told by its file or its folder: it is loaded once, and its parts find each other."""
    package = folder / "fair" / "stalls"
    package.mkdir(parents=True)
    (folder / "fair" / "__init__.py").touch()
    (package / "__init__.py").write_text(
        "import hug\napi = hug.API(__name__)\nfrom . import tea\nimport plain"
    )
    (package / "plain.py").touch()
    (package / "tea.py").write_text(
        "import hug\nfrom fair.stalls import api\n@hug.cli(api=api)\ndef cup(): return __name__"
    )
    for word in ("fair/stalls/__init__.py", "fair/stalls", "./fair/stalls/"):
        assert run(word, "-c", "cup") == 0
        assert capsys.readouterr().out == "fair.stalls.tea\n"
        for name in [each for each in sys.modules if each.partition(".")[0] in ("fair", "plain")]:
            del sys.modules[name]


def test_part_of_a_package(folder: Path) -> None:
    """A file that imports what is beside it in its package, and cannot, is told how it can."""
    (folder / "fair").mkdir()
    (folder / "fair" / "__init__.py").touch()
    (folder / "fair" / "tea.py").write_text("from . import cups")
    with pytest.raises(ImportError) as raised:
        run("fair/tea.py", "-c")
    sys.modules.pop("tea")
    assert f"`hug -m fair.tea`, in the folder {folder}." in raised.value.__notes__[0]


def test_file_named_as_a_word(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program that is named as one of hug's own words has commands, too."""
    (folder / "greeting.py").rename(folder / "publish.py")
    for words in (("./publish.py",), ("-f", "publish.py"), ("-m", "publish")):
        assert run(*words, "-c", "greet", "you") == 0
    assert capsys.readouterr().out == "Hello you\n" * 3


def process(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
def test_script(folder: Path) -> None:
    """A script runs ``__hug__.cli()``: arguments, output, exit code, start and end; it loads no server."""
    done = process(sys.executable, "greeting.py", "loaded", folder=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "first\n[]\n", "started\nended\n")
    wrong = process(sys.executable, "greeting.py", "greet", folder=folder)
    assert wrong.returncode == 2
    assert wrong.stdout == ""
    assert wrong.stderr == (
        "usage: greeting.py greet [-h] [-t TIMES] name\n"
        "greeting.py greet: error: the following arguments are required: name\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("start", [("greeting.py",), ("-m", "hug", "greeting.py", "-c")])
def test_reader_that_ends(folder: Path, start: tuple[str, ...]) -> None:
    """A reader that has enough, such as ``head``, ends the command in order and without a complaint."""
    with subprocess.Popen(
        [sys.executable, *start, "endless"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == b"again\n"
        running.stdout.close()
        assert running.stderr.read() == b"started\nclosed\nended\n"
        assert running.wait(60) == 0


@pytest.mark.slow
def test_entry_point(folder: Path) -> None:
    """An entry point of a distribution can be ``module:__hug__.cli``, or one command's own."""
    for call in ("greeting.__hug__.cli()", "greeting.greet.interface.cli()"):
        words = [] if "greet." in call.removeprefix("greeting") else ["greet"]
        code = f"import sys, greeting; sys.exit({call})"
        done = process(sys.executable, "-c", code, *words, "you", folder=folder)
        assert (done.returncode, done.stdout) == (0, "Hello you\n"), done.stderr


def test_version() -> None:
    """The version is where hug 2 had it, and where the build looks for it."""
    from hug import _version

    settings = tomllib.loads((Path(hug.__file__).parent.parent / "pyproject.toml").read_text())
    assert settings["tool"]["hatch"]["version"]["path"] == "hug/_version.py"
    assert _version.current == hug.__version__
