"""A part with commands."""

import hug


@hug.cli()
@hug.get()
def both(number: int = 1):
    """Both a command and an endpoint"""
    return number


if __name__ == "__main__":
    hug.API(__name__).cli()
