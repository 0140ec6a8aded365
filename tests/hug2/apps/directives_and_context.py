"""What functions are given by name or by annotation, and what they share during a call."""

import hug

events = []


@hug.directive()
def multiplied(default=1, request=None, **kwargs):
    return int(default) * (int(request.get_param("by") or 2) if request else 1)


@hug.directive()
class Counted:
    def __init__(self, default=None, **kwargs):
        self.default = default
        events.append("made")

    def cleanup(self, exception=None):
        events.append(f"cleaned up {type(exception).__name__ if exception else ''}".strip())

    def __native_types__(self):
        return f"counted {self.default}"


@hug.directive()
def given(*args, **kwargs):
    return [list(args), sorted(kwargs)]


@hug.context_factory()
def make(*args, **kwargs):
    return {"made_with": sorted(kwargs), "user": "of the context"}


@hug.delete_context()
def delete(context, exception=None, errors=None, lacks_requirement=None):
    events.append(f"deleted {type(exception).__name__ if exception else None} {errors} {lacks_requirement}")


def in_context(request, context, **kwargs):
    context["required"] = True
    return True


def denied(**kwargs):
    return "denied"


@hug.directive()
def context_of_call(context=None, **kwargs):
    return {name: context[name] for name in sorted(context)}


@hug.get("/timer")
def timer(hug_timer=3):
    return [float(hug_timer) >= 0, type(hug_timer).__name__, int(hug_timer)]


@hug.get("/timer_without_default")
def timer_without(hug_timer):
    return 0 <= float(hug_timer) < 1


@hug.get("/timer_annotated")
def timer_annotated(timer: hug.directives.Timer = 2):
    return 0 <= float(timer) < 1


@hug.get("/multiplied")
def by_name(hug_multiplied=3):
    return hug_multiplied


@hug.get("/multiplied_annotated")
def annotated(number: multiplied = 4):
    return number


@hug.get("/multiplied_bare")
def bare(hug_multiplied):
    return hug_multiplied


@hug.get("/counted")
def counted(hug_Counted="x"):
    return hug_Counted


@hug.get("/counted_error")
def counted_error(hug_Counted):
    raise hug.HTTPConflict("T", "D")


@hug.get("/given")
def given_to(hug_given):
    return hug_given


@hug.get("/given_default")
def given_default(hug_given="default"):
    return hug_given


@hug.get("/context", requires=in_context)
def context(hug_context_of_call):
    return hug_context_of_call


@hug.get("/context_denied", requires=denied)
def context_denied():
    return "never"


@hug.get("/context_error")
def context_error():
    raise ValueError("in the function")


@hug.get("/context_invalid")
def context_invalid(number: int):
    return number


@hug.get("/context_http_error")
def context_http_error():
    raise hug.HTTPConflict("T", "D")


@hug.type(extend=hug.types.text, accept_context=True)
def contextual(value, context):
    """Text with a user"""
    return f"{value} {context['user']}"


@hug.get("/contextual_type")
def contextual_type(value: contextual):
    return value


@hug.get("/module")
def module(hug_module, hug_api, hug_api_version=None):
    return [hug_module.__name__, hug_api.name, hug_api_version]


@hug.get("/session_and_user")
def session_and_user(hug_session, hug_user, user: hug.directives.user = "nobody"):
    return [hug_session, hug_user, user]


@hug.get("/overwritten")
def overwritten(hug_multiplied=1):
    return hug_multiplied


@hug.get("/unknown_directive")
def unknown_directive(hug_nothing="default"):
    return hug_nothing


@hug.get("/events")
def happened():
    now, events[:] = list(events), []
    return now
