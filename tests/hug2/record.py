"""Records anew what hug 2.6.1 answers: ``python -m tests.hug2.record``, or only for the areas that are named.

It installs hug 2.6.1 from the registry into a virtual environment in a temporary folder, or uses that of the
folder in the environment variable ``HUG2``; Python 3.11 is the newest that it runs on without changes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .hosting import Host
from .recordings import AREAS, cases, record

PACKAGES = ("hug==2.6.1", "falcon==2.0.0", "setuptools<81", "waitress==3.0.2", "marshmallow==3.26.1")


def main(areas: list[str]) -> int:
    """Record ``areas``, all if there are none; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        python = _python(Path(os.environ.get("HUG2") or folder))
        with Host(str(python), Path(folder) / "log") as host:
            areas = areas or list(AREAS)
            host.serve(areas)
            try:
                for area in areas:
                    record(area, {label: host.answer(area, case) for label, case in cases(area).items()})
                    print(f"{area}: {len(cases(area))}")
            finally:
                print((Path(folder) / "log").read_text(), file=sys.stderr)
    return 0


def _python(folder: Path) -> Path:
    """Return the interpreter of the environment in ``folder``, which is made if there is none."""
    python = folder / "bin" / "python"
    if not python.exists():
        base = shutil.which("python3.11") or sys.exit("hug 2.6.1 needs Python 3.11: python3.11 is not found")
        subprocess.run([base, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
