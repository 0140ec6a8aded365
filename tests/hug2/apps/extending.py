"""An app made of several modules."""

import hug

import extending_cli
import extending_more
import extending_part


@hug.extend_api("/part")
def part():
    return [extending_part]


@hug.extend_api(base_url="/based")
def based():
    return (extending_more,)


@hug.extend_api("/commands", http=True, cli=False)
def commands():
    return (extending_cli,)


@hug.get("/own")
def own():
    return "own"


@hug.get("/part/overridden")
def overridden():
    return "the parent's"


@hug.directive()
def who(default="nobody", **kwargs):
    return f"parent's {default}"


@hug.context_factory()
def context(*args, **kwargs):
    return {"of": "parent"}


@hug.default_output_format(content_type="text/plain")
def output(data, request=None, response=None):
    """The parent's format"""
    return f"parent: {data}".encode()
