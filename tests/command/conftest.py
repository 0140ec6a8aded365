from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from .running import PROGRAM, Running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one program, ``app.py``."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(PROGRAM)
    return folder


@pytest.fixture
def python(folder: Path, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start Python in ``folder``, with ``path`` added to where it finds modules."""
    started: list[Running] = []

    def start(*words: str, cwd: Path = folder, path: Path | None = None) -> Running:
        outputs = tmp_path / f"outputs-{len(started)}"
        outputs.mkdir()
        started.append(Running(words, cwd, outputs, path))
        return started[-1]

    yield start
    for running in started:
        running.kill()


@pytest.fixture
def hug(python: Callable[..., Running]) -> Callable[..., Running]:
    """Start the command on a free port; it looks for changes often."""
    return partial(python, "-m", "hug", "-p", "0", "-i", "0.1")
