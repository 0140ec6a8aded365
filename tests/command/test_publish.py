"""``hug publish``: events from a shell."""

import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hug

from ..waiting import until
from .running import ENVIRONMENT, command


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/channels.db"


@pytest.fixture
def news(url: str) -> Iterator[hug.sse.Messages]:
    """What is on the channel, as another process has it, which has said how much of it to keep."""
    api = hug.API()
    api.broker = url
    channel = hug.sse.channel("news", api=api, history=5000)
    with channel.subscribe(since=channel.publish("before").result(10)) as messages:
        yield messages
    api.http.channels.broker.close(1)


def test_one_event(url: str, news: hug.sse.Messages, tmp_path: Path) -> None:
    """The event is there with its fields, and its id is printed, and no more."""
    words = ("--broker", url, "--event", "headline", "--retry", "1500")
    done = command("publish", "news", "rain\nagain", *words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    message = news.next_message(5)
    assert message == hug.sse.Message("headline", "rain\nagain", done.stdout.strip())
    done = command("publish", "news", ' {"a":\n 1}', "--json", "-b", url, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert next(news).data == '{"a":1}'


def test_an_output_that_is_full(url: str, news: hug.sse.Messages, tmp_path: Path) -> None:
    """Where the id cannot be written, that is said in a line, and the exit code is 1; the event was taken."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "hug", "publish", "news", "rain", "-b", url],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr == "Error: cannot write to the standard output: No space left on device\n"
        assert news.next_message(5).data == "rain"
        done = subprocess.run(
            [sys.executable, "-m", "hug", "listen", "news", "--since", "start", "-b", url],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_an_output_that_nobody_reads(url: str, news: hug.sse.Messages) -> None:
    """Whose ids nobody reads any more ends with exit code 1: not all lines may have been published."""
    words = [sys.executable, "-m", "hug", "publish", "news", "-", "--lines", "-b", url]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=ENVIRONMENT) as lines:
        assert lines.stdin
        assert lines.stdout
        assert lines.stderr
        lines.stdin.write("one\n")
        lines.stdin.flush()
        assert lines.stdout.readline()
        lines.stdout.close()
        lines.stdin.write("two\n")
        lines.stdin.flush()
        assert lines.stderr.read() == "Error: cannot write to the standard output: Broken pipe\n"
        assert lines.wait(30) == 1
    assert next(news).data == "one"


@pytest.mark.parametrize(
    ("closed", "code", "says"),
    [
        ("<&-", 1, "cannot read the standard input: it is closed"),
        (">&-", 1, "cannot write to the standard output: it is closed"),
        ("2>&-", 0, ""),
        ("<&- >&- 2>&-", 1, ""),
    ],
)
def test_closed_streams(
    closed: str, code: int, says: str, url: str, news: hug.sse.Messages, tmp_path: Path
) -> None:
    """Where standard streams are closed, the command says what it lacks, if that is possible, and ends."""
    words = [sys.executable, "-m", "hug", "publish", "news", "-", "-b", url]
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *words],
        input="x", capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path, env=ENVIRONMENT,
    )  # fmt: skip
    assert done.returncode == code
    assert done.stderr == (f"Error: {says}\n" if says else "")
    assert done.stdout.count("\n") == (closed == "2>&-")
    if closed in (">&-", "2>&-"):
        assert next(news).data == "x"


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
@pytest.mark.parametrize(("data", "given"), [("-", b"caf\xe9"), (b"caf\xe9", b"")])
def test_other_encodings(
    data: str | bytes, given: bytes, errors: str, url: str, news: hug.sse.Messages, tmp_path: Path
) -> None:
    """Data that is not UTF-8 is refused, in words; of lines, what cannot be read is replaced."""
    words = [sys.executable, "-m", "hug", "publish", "news", data, "-b", url]
    environment = {**ENVIRONMENT, "PYTHONUTF8": "1", "PYTHONIOENCODING": f"utf-8:{errors}"}
    run = functools.partial(
        subprocess.run, capture_output=True, timeout=60, check=False, cwd=tmp_path, env=environment
    )
    done = run(words, input=given)
    assert done.returncode == 1
    assert done.stderr == b"Error: the data is not encoded as UTF-8, and was not published\n"
    assert done.stdout == b""
    assert run([*words[:5], "-", "--lines", "-b", url], input=b"caf\xe9").returncode == 0
    assert next(news).data == "caf\ufffd"


def test_an_empty_url(tmp_path: Path) -> None:
    """A broker without a name, as a shell makes it of a variable that is not set, is an error."""
    for words in (("publish", "news", "rain"), ("listen", "news"), ("app.py",)):
        (tmp_path / "app.py").write_text("import hug\n@hug.get()\ndef one():\n    return 1\n")
        done = command(*words, "--broker", "", cwd=tmp_path)
        assert done.returncode == 1
        assert "--broker is empty" in done.stderr


def test_standard_input(url: str, news: hug.sse.Messages) -> None:
    """With - the input is one event; with --lines each line is one, as soon as it comes."""
    publish = [sys.executable, "-m", "hug", "publish", "news", "-", "-b", url]
    subprocess.run(publish, input="a\nb\n", text=True, timeout=60, check=True, capture_output=True)
    assert next(news).data == "a\nb"
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*publish, "--lines"], stdin=pipe, stdout=pipe, text=True, env=ENVIRONMENT
    ) as lines:
        assert lines.stdin
        assert lines.stdout
        for number in range(3):
            lines.stdin.write(f"line {number}\n")
            lines.stdin.flush()
            message = next(news)
            assert message.data == f"line {number}"
            assert lines.stdout.readline().strip() == message.id
        lines.stdin.write("".join(f"{number}\n" for number in range(3000)))
        lines.stdin.close()
        ids = lines.stdout.read().split()
        assert lines.wait(60) == 0
    read = [next(news) for _ in range(3000)]
    assert [message.json() for message in read] == list(range(3000))
    assert [message.id for message in read] == ids


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["news", "x"], "which broker?"),
        (["news", "x", "-b", "memory:"], "memory of one process"),
        (["news", "x", "-b", "carrier-pigeon://"], "no broker that hug knows"),
        (["news", "x", "-b", "redis://:s3cr3t@127.0.0.1:1?wait=0.2"], "redis://:***@127.0.0.1:1"),
        (["", "x", "-b", "sqlite:///x.db"], "a channel's name has"),
        (["news", "x", "-b", "sqlite:///x.db", "-e", "a\nb"], "event must be one line"),
        (["news", "x", "-b", "sqlite:///x.db", "--retry", "-1"], "retry must be"),
        (["news", "{", "-b", "sqlite:///x.db", "--json"], "no JSON"),
        (["news", "x", "-b", "sqlite:///x.db", "--lines"], "--lines is for the standard input"),
    ],
)
def test_refusals(words: list[str], why: str, tmp_path: Path) -> None:
    """What cannot be published ends with a line that says why, and with exit code 1."""
    # Not in this process, which would have a broker from then on.
    done = command("publish", *words, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    assert why in last
    assert "Traceback" not in done.stderr
    assert "s3cr3t" not in done.stderr


def test_closed_channel(url: str, news: hug.sse.Messages, tmp_path: Path) -> None:
    """An event for a channel that is closed is not taken, which is said."""
    api = hug.API()
    api.broker = url
    hug.sse.channel("news", api=api).close().result(5)
    done = command("publish", "news", "x", "-b", url, cwd=tmp_path)
    assert done.returncode == 1
    assert "closed" in done.stderr
    until(lambda: news.next_message(1) is None, "the end")


def test_file_of_that_name(folder: Path) -> None:
    """A program that is called as a command is can be served all the same."""
    (folder / "publish.py").write_text("raise SystemExit('this is the program')")
    for words in (["./publish.py"], ["-f", "publish.py"], ["-m", "publish"], ["publish.py"]):
        assert "this is the program" in command("-p", "0", "-ma", *words, cwd=folder).stderr
    assert "hug publish" in command("publish", "--help", cwd=folder).stdout
    assert "hug listen URL" in command("--help", cwd=folder).stdout.replace("\n", " ")
