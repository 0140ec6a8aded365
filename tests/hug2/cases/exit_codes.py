"""With ``cli_error_exit_codes=True``."""

from ..exchanges import run

CASES = [
    *(run(f"python exit_codes.py {name}") for name in ("falsy", "truthy", "text_false", "none")),
]
