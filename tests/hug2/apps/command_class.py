"""Commands that are methods, commands of parts."""

import hug

import extending_cli

api = hug.API(__name__)


@hug.object(name="git", version="1.0.0", api=api)
class GIT:
    """An example of command like calls via an Object"""

    @hug.object.cli
    def push(self, branch="main"):
        """Pushes"""
        return f"Pushing {branch}"

    @hug.object.cli
    def pull(self, branch="main"):
        return f"Pulling {branch}"


@hug.extend_api(command_prefix="part_")
def prefixed():
    return [extending_cli]


@hug.extend_api(sub_command="sub")
def sub():
    return (extending_cli,)


if __name__ == "__main__":
    api.cli()
