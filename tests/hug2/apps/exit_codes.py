"""Results that are exit codes, too."""

import hug

api = hug.API(__name__, cli_error_exit_codes=True)


@hug.cli()
def falsy():
    return 0


@hug.cli()
def truthy():
    return 1


@hug.cli()
def text_false():
    return "False"


@hug.cli()
def none():
    return None


if __name__ == "__main__":
    api.cli()
