"""Command lines drawn at random: what is written is what the function gets."""

import string
from keyword import iskeyword
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hug
from hug.output_format.prepared import output

# The characters that mean something to a command line, above all.
texts = st.text(st.sampled_from("ab-=0 ,'\"\\%é\n") | st.characters(codec="utf-8"), max_size=8)
names = st.text(string.ascii_lowercase + "_", min_size=1, max_size=4).filter(
    lambda name: name != "help" and not iskeyword(name)
)
integers = st.integers(-(10**20), 10**20)


def command(source: str) -> Any:
    """A function of this source text as a command."""
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    return hug.cli(api=hug.API())(namespace["function"])


def called(function: Any, *words: str) -> Any:
    """What a command returns for these words."""
    results: list[Any] = []
    function.interface.cli.run(words, write=results.append)
    return results[0] if results else None


api = hug.API()


@hug.cli(api=api, output=lambda data: data)
def everything(
    first, second: int, *rest, number: int = 0, text="", flag: bool = False, many: list[int] = (), **more
):
    return (first, second, rest, number, text, flag, list(many), more)


option_names = st.text(string.ascii_lowercase, min_size=5, max_size=7).filter(
    lambda name: name not in ("number", "first", "second")
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    first=texts,
    second=integers,
    rest=st.lists(texts, max_size=3),
    number=integers,
    text=texts,
    flag=st.booleans(),
    many=st.lists(integers, max_size=3),
    more=st.dictionaries(option_names, texts, max_size=3),
    data=st.data(),
)
def test_round_trip(
    first: str,
    second: int,
    rest: list[str],
    number: int,
    text: str,
    flag: bool,
    many: list[int],
    more: dict[str, str],
    data: st.DataObject,
) -> None:
    """Whatever the texts and numbers, and wherever the options stand: each parameter gets its own."""
    options = [[f"--number={number}"], [f"--text={text}"], *[[f"--many={each}"] for each in many]]
    options += [["--flag"]] * flag + [[f"--{name}={value}"] for name, value in more.items()]
    shuffled = data.draw(st.permutations(options))
    words = [word for option in shuffled for word in option] + ["--", first, str(second), *rest]
    expected = (first, second, tuple(rest), number, text, flag, [])
    got = called(everything, *words)
    assert got[:6] == expected[:6]
    assert sorted(got[6]) == sorted(many)
    assert got[7] == more


plain = st.text(st.sampled_from("ab=0 ,'é"), max_size=5)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(places=st.lists(plain, min_size=2, max_size=5), number=integers, data=st.data())
def test_options_anywhere(places: list[str], number: int, data: st.DataObject) -> None:
    """An option may stand between words that have places, in any of its forms."""
    places[1] = "7"
    form = data.draw(st.sampled_from([("--number", "{}"), ("--number={}",), ("-n", "{}"), ("-n{}",)]))
    before = data.draw(st.integers(0, len(places)))
    option = [word.format(number) for word in form]
    got = called(everything, *places[:before], *option, *places[before:])
    assert got[:4] == (places[0], 7, tuple(places[2:]), number)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(names, min_size=1, max_size=8, unique=True))
def test_short_forms(parameters: list[str]) -> None:
    """Whatever the names, no two options have the same form, and each form gives its own parameter."""
    function = command(
        f"def function({', '.join(f'{name}=None' for name in parameters)}): return dict(locals())"
    )
    arguments = function.interface.cli.arguments
    forms = [option for each in arguments for option in each.options]
    assert len(set(forms)) == len(forms)
    function.interface.cli.output = output(lambda data: data)
    for each in arguments:
        for form in each.options:
            got = called(function, form, "x")
            assert got == {name: "x" if name == each.field.name else None for name in parameters}
