"""One command, run by itself."""

import hug


@hug.cli(version="2.0")
def greet(name: "Who it is for", age: hug.types.number = 3, *others):
    """Greets somebody"""
    return f"{name} {age} {list(others)}"


if __name__ == "__main__":
    greet.interface.cli()
