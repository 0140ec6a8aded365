"""What conversion may cost: whatever a client sends within the limit of bodies, little time and memory."""

import decimal
import inspect
import re
import subprocess
import sys

import pytest

import hug

from . import test_at_random

LENGTH = 400_000
"""Characters of a text: a step for each pair of them would take minutes."""

ATTACKS = {
    "digits": "9" * LENGTH,
    "negative digits": "-" + "9" * LENGTH,
    "underscores": "1" + "_1" * (LENGTH // 2),
    "large exponent": "1e999999999",
    "small exponent": "1e-999999999",
    "exponents": "1" + "e1" * (LENGTH // 2),
    "fraction": "1/" + "9" * LENGTH,
    "decimals": "1." + "9" * LENGTH,
    "not a number": "nan" + "9" * LENGTH,
    "infinite": "Infinity",
    "letters": "x" * LENGTH,
    "spaces": " " * LENGTH,
    "wide letters": "\N{PILE OF POO}" * (LENGTH // 4),
    "commas": "," * LENGTH,
    "semicolons": ";" * LENGTH,
    "pipes": "|" * LENGTH,
    "items": "a:1|" * (LENGTH // 4),
    "dots": "." * LENGTH,
    "signs": "+-" * (LENGTH // 2),
    "dashes": "-" * LENGTH,
    "zeros": "0" * LENGTH,
    "quotes": '"' * LENGTH,
    "brackets": "[" * LENGTH,
    "objects": '{"a":' * (LENGTH // 5),
    "numbers": "[" + "1," * 99_998 + "1]",
    "large number": "[" + "9" * LENGTH + "]",
    "year": "9" * LENGTH + "-01-01",
    "second": "2030-01-01T00:00:00." + "9" * LENGTH,
    "zone": "2030-01-01T00:00:00+" + "9" * LENGTH,
    "duration": "P" + "9" * LENGTH + "D",
    "first day": "0001-01-01T00:00:00+23:59",
    "last day": "9999-12-31T23:59:59-23:59",
    "texts": ["1"] * 100_000,
    "lists": [[]] * 100_000,
    "dictionary": {str(number): number for number in range(50_000)},
    "large float": 1e308,
    "nothing": None,
}

MANY_VALUES = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
from hug.interface.binding import prepare
from hug.json_module import dump
from tests.core.test_bounds_of_types import ATTACKS, test_at_random
for number, kind in enumerate(test_at_random.KINDS):
    convert = prepare(kind)
    for name, value in ATTACKS.items():
        print(kind, name, flush=True)
        try:
            written = dump(convert(value))
        except MemoryError:
            raise
        except Exception:
            continue
        # What is made of a value is as long as the value, but for escapes and quotes.
        assert len(written) < 4_000_000, len(written)
"""


@pytest.mark.slow
def test_all_types_are_bounded() -> None:
    """No type takes more than milliseconds, or more than a few times its memory, for the worst we know of.

    All of them together get 60 seconds of a processor, of which they need 6, and 700 MB: a single power of
    Python's, or one step for each pair of characters, would take more.
    """
    code = MANY_VALUES.format(seconds=60, memory=700_000_000)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, (done.stdout.splitlines()[-1:], done.stderr[-2000:])
    assert len(done.stdout.splitlines()) == len(test_at_random.KINDS) * len(ATTACKS)


@pytest.mark.parametrize("kind", [int, hug.types.number, hug.types.in_range(0, 5), int | None, list[int]])
@pytest.mark.parametrize("digits", [4301, 100_000])
def test_digits(api: hug.API, kind, digits: int) -> None:
    """A number of more digits than Python reads is the client's mistake, in a query as in JSON."""

    @hug.post("/x", api=api)
    def handler(value: kind):
        return value

    text = "9" * digits
    answers = [
        hug.test.post(api, "/x", {"value": text}),
        hug.test.post(api, "/x", f'{{"value": {text}}}', headers=JSON),
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    for answer, name in zip(answers, ("value", "body"), strict=True):
        assert list(answer.data["errors"]) == [name]


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("text", ["1e400000", "1e999", "-1e-999999999"])
def test_decimals_are_small(api: hug.API, text: str) -> None:
    """A decimal whose digits would take long to compute is a 400, and one is written as short as it came."""

    @hug.post("/x", api=api)
    def handler(value: hug.types.decimal = 0, amount: decimal.Decimal = 0, body=None):
        return [value, amount, int(value), int(amount)]

    for name in ("value", "amount"):
        assert list(hug.test.post(api, "/x", **{name: text}).data["errors"]) == [name]
        assert list(hug.test.post(api, "/x", {name: text}).data["errors"]) == [name]
    assert hug.test.post(api, "/x", value="1e-300", amount="2e2").data == ["1E-300", "2E+2", 0, 200]


@pytest.mark.parametrize(
    "kind", [hug.types.delimited_list(";"), hug.types.DelimitedList[int](";"), list, tuple, set, frozenset]
)
def test_lists_in_texts(api: hug.API, kind) -> None:
    """A text becomes 100,000 values at most."""

    @hug.post("/x", api=api)
    def handler(value: kind):
        return len(value)

    text = "1;" * 100_000
    assert hug.test.post(api, "/x", {"value": text[:99_999]}).status_code == 200
    answer = hug.test.post(api, "/x", {"value": text})
    assert answer.data == {"errors": {"value": "Invalid list provided, 100000 values are the most"}}


def test_patterns_take_linear_time() -> None:
    """No pattern that clients' text meets has a repetition inside of one: such go back over all they took."""
    from re._constants import MAX_REPEAT, MIN_REPEAT  # type: ignore[import-not-found]
    from re._parser import parse  # type: ignore[import-not-found]

    def nested(items, inside=False):
        for operation, argument in items:
            if operation in (MAX_REPEAT, MIN_REPEAT):
                _, high, inner = argument
                if high > 1 and (inside or any(nested([each], True) for each in inner)):
                    return True
            elif hasattr(argument, "__iter__") and not isinstance(argument, str):
                parts = [part for part in argument if hasattr(part, "data")]
                if any(nested(part, inside) for part in parts):
                    return True
        return False

    assert nested(parse("(a+)+"))
    patterns = [
        value.pattern
        for module in list(sys.modules.values())
        if inspect.ismodule(module) and module.__name__.startswith("hug")
        for value in vars(module).values()
        if isinstance(value, re.Pattern)
    ]
    assert len(patterns) > 5
    assert [pattern for pattern in patterns if nested(parse(pattern))] == []
