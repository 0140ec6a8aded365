"""The file or module that holds an API, to be loaded by any process."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Self

from hug.exceptions import HugError


class ProgramError(HugError):
    """What the command was asked to serve cannot be found or holds no API."""


@dataclass(frozen=True, slots=True)
class Program:
    """A file or module that holds an API; a value, so that any process can load it."""

    name: str
    file: Path | None = None

    @classmethod
    def find(cls, word: str | None = None, *, file: str | None = None, module: str | None = None) -> Self:
        """Return the program that one of the arguments names; the others are None or empty.

        Args:
            word: A file if there is one or it looks like one, else a module.
            file: A path. That of a package, or of its ``__init__.py``, is a module that is in that folder.
            module: A name, with dots perhaps.

        Raises:
            ProgramError: More than one is given, or none, or the file does not exist, or is a mere folder.
        """
        if file and module:
            raise ProgramError("can not define both a file and module source for Hug API.")
        if word and (file or module):
            raise ProgramError(f"there are two programs to serve, {word!r} and {file or module!r}: name one.")
        if word and _is_file(word):
            file = word
        elif word or module:
            return cls(word or module or "")
        if not file:
            raise ProgramError("must define a file name or module that contains a Hug API.")
        path = Path(file).absolute()
        try:
            if path.is_dir():
                path /= "__init__.py"
                if not path.is_file():
                    raise ProgramError(f"{file!r} is a folder: name a file in it")
            if not path.is_file():
                raise ProgramError(f"there is no file {file!r}")
        except PermissionError:
            raise ProgramError(f"no permission to look for file {file!r}") from None
        return cls(_package(path.parent) if path.name == "__init__.py" else path.stem, path)

    def load(self) -> ModuleType:
        """Import the program and return its module, which has the name that importing it anywhere gives it.

        The folder of a file and the current folder come first in ``sys.path``, as they do for a script.
        What the program itself raises comes through.

        Raises:
            ProgramError: There is no such module, it holds no API, or the file's name is taken.
        """
        sys.path.insert(0, str(Path.cwd()))
        module = self._import_module() if self.file is None else self._import_file(self.file)
        if not hasattr(module, "__hug__"):
            raise ProgramError(f"{self} contains no Hug API: nothing in it is decorated by hug")
        return module

    def sources(self) -> list[Path]:
        """Return what to watch: the file's folder or the module's package, and the current folder.

        Never the root of the file system, which is the current folder in many a container.
        """
        places = [*self._places(), Path.cwd()]
        return [place for place in dict.fromkeys(places) if place != place.parent]

    def __str__(self) -> str:
        if self.file is None or self.file.name == "__init__.py":
            return f"module {self.name!r}"
        return f"file {self.file.name!r}"

    def _places(self) -> list[Path]:
        if self.file is not None:
            # The file itself, too: it need not end in .py.
            return [self.file, self.file.parent]
        package = self.name.partition(".")[0]
        # Finds without importing, which is for the child alone.
        spec = importlib.machinery.PathFinder.find_spec(package, [str(Path.cwd()), *sys.path])
        if spec is None:
            return []
        if spec.submodule_search_locations is not None:
            return [Path(place) for place in spec.submodule_search_locations]
        return [Path(spec.origin)] if spec.origin else []

    def _import_module(self) -> ModuleType:
        if self.name.startswith("."):
            raise ProgramError(f"there is no module {self.name!r}")
        try:
            return importlib.import_module(self.name)
        except ModuleNotFoundError as error:
            # Only the module asked for and the packages above it: what the program misses is its own error.
            if error.name and f"{self.name}.".startswith(f"{error.name}."):
                raise ProgramError(f"there is no module {error.name!r}") from None
            raise

    def _import_file(self, file: Path) -> ModuleType:
        if self.name in sys.modules:
            # To replace it would break whoever imports it next, to take it would serve the wrong file.
            raise ProgramError(f"{self} has the name of a module that is in use: rename it")
        sys.path.insert(0, str(file.parent))
        if file.name == "__init__.py":
            sys.path.insert(0, str(_outermost(file.parent).parent))
            return importlib.import_module(self.name)
        loader = importlib.machinery.SourceFileLoader(self.name, str(file))
        spec = importlib.util.spec_from_loader(self.name, loader)
        assert spec is not None
        module = sys.modules[self.name] = importlib.util.module_from_spec(spec)
        try:
            loader.exec_module(module)
        except ImportError as error:
            if "no known parent package" in str(error):
                _advise(error, file)
            raise
        return module


def _outermost(folder: Path) -> Path:
    """Return the folder of the package that all packages around ``folder`` are in, or ``folder``."""
    while folder != folder.parent and (folder.parent / "__init__.py").is_file():
        folder = folder.parent
    return folder


def _package(folder: Path) -> str:
    return ".".join(folder.relative_to(_outermost(folder).parent).parts)


def _advise(error: ImportError, file: Path) -> None:
    """Say how a file is served that is a part of a package, and imports others: not by itself."""
    module = f"{_package(file.parent)}.{file.stem}"
    error.add_note(
        f"{file.name} is loaded as a file of its own. As a part of its package it is served with "
        f"`hug -m {module}`, in the folder {_outermost(file.parent).parent}."
    )


def _is_file(word: str) -> bool:
    try:
        return word.endswith(".py") or os.sep in word or Path(word).is_file()
    except OSError:
        return True  # and whoever reads it says what is wrong with it


def of_program(trace: TracebackType | None) -> TracebackType | None:
    """Return the part of ``trace`` that begins in the program: how we came there is no help to its author."""
    while trace is not None and _is_machinery(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _is_machinery(filename: str) -> bool:
    return (
        Path(filename).parent == Path(__file__).parent
        or filename == importlib.__file__
        or filename.startswith("<frozen importlib")
    )
