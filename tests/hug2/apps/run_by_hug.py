"""Commands that hug's own command runs."""

import hug


@hug.cli()
def hello(name, times: int = 1, loud: bool = False):
    """Says hello"""
    text = " ".join(["hello"] * times + [name])
    return text.upper() if loud else text


@hug.cli()
def add(a: hug.types.number, b: hug.types.number = 2):
    return a + b


@hug.cli(output=hug.output_format.json)
def as_json(name="n"):
    return {"name": name}


@hug.cli()
async def coroutine(a="x"):
    return f"async {a}"


@hug.cli()
def nothing():
    return None


@hug.get()
@hug.cli()
def both(number: int = 1):
    return number
