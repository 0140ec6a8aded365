"""What mypy knows already of hug and of what that imports."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]


def with_cache(folder: Path) -> list[str]:
    """Return options by which mypy, as strict as for hug, begins with a copy of what it knows of that.

    `make lint` leaves it, and mypy looks whether it still holds. A copy, as several may run at once.
    """
    cache = folder / ".mypy_cache"
    if (found := ROOT / ".mypy_cache").is_dir():
        shutil.copytree(found, cache, dirs_exist_ok=True)
    return ["--cache-dir", str(cache)]
