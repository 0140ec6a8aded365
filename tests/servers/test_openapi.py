"""An application is what its document of OpenAPI says: schemathesis asks it for all that this tells of."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..waiting import until

ROOT = Path(__file__).parent.parent.parent

LENIENT = (
    "negative_data_rejection",  # hug takes "5" for 5, as queries and forms have to, in JSON, too
    "positive_data_acceptance",  # JSON Schema cannot tell what a function of the application refuses
)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Where the application with everything is served. It prints each request, more than a pipe takes."""
    command = [sys.executable, "-u", "-m", "hug", "-m", "tests.openapi.app", "-p", "0", "-ma"]
    said = tmp_path / "said"
    with said.open("w") as printed, subprocess.Popen(command, cwd=ROOT, stdout=printed) as server:
        try:
            until(lambda: re.search(r"http://localhost:\d+", said.read_text()), "the URL")
            yield re.findall(r"http://localhost:\d+", said.read_text())[0].replace("localhost", "127.0.0.1")
        finally:
            server.terminate()


def test_as_documented(url: str, tmp_path: Path) -> None:
    """No request, valid or not, is answered with 500, or with what the document does not tell of."""
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json",
        "--checks", "all", "--exclude-checks", ",".join(LENIENT), "--suppress-health-check", "all",
        "--phases", "examples,coverage,fuzzing", "--max-examples", "10", "--seed", "1", "--no-color",
        "--auth", "ann:secret", "-H", "X-Api-Key: key", "-H", "Cookie: sid=1",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Tested: +(\d+)", done.stdout)
