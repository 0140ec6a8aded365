"""Formats, directives and contexts for all APIs of the process."""

import hug


@hug.default_output_format(content_type="text/x-global", apply_globally=True)
def everywhere(data, request=None, response=None):
    """Everywhere"""
    return f"everywhere: {data}".encode()


@hug.default_input_format("text/x-global", apply_globally=True)
def read_everywhere(body, **kwargs):
    return body.read().decode().upper()


@hug.directive(apply_globally=True)
def everybody(default=None, **kwargs):
    return f"everybody {default}"


@hug.context_factory(apply_globally=True)
def make_context(*args, **kwargs):
    return {"global": True}


@hug.delete_context(apply_globally=True)
def delete_context(context, exception=None, errors=None, lacks_requirement=None):
    deleted.append(sorted(context))


deleted = []
other = hug.API("other_of_global_defaults")


@hug.get("/directed")
def directed(hug_everybody="x"):
    return hug_everybody


@hug.post("/read")
def read(body):
    return body


@hug.get("/deleted")
def was_deleted():
    return deleted


@hug.get("/own", output=hug.output_format.json)
def own():
    return "own"


@hug.get("/directives")
def directives(hug_api):
    return "hug_everybody" in hug_api.directives()
