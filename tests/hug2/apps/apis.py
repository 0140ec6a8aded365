"""What apps do with API objects."""

import hug

import extending_more


class OwnAPI(hug.API):
    extra = "extra"


api = hug.API(__name__, name="named", doc="Its own words")
anonymous = hug.API()
by_name = hug.API("a_module_by_name")
own = OwnAPI("own_api_of_apis")


def added(default=None, **kwargs):
    return f"added {default}"


api.add_directive(added)
started = []
api.add_startup_handler(lambda an_api: started.append(an_api.name))
api.context["kept"] = 1


def read_lines(body, **kwargs):
    return body.read().decode().split("\n")


api.http.set_input_format("text/x-lines", read_lines)
api.extend(extending_more, "/more")


@hug.get("/about")
def about(hug_api):
    return [hug_api.name, hug_api.doc, hug_api.module.__name__, hug_api.context, hug_api.future]


@hug.get("/same")
def same(hug_api):
    return [
        hug_api is api,
        hug.API(__name__) is api,
        hug.API(api) is api,
        by_name is hug.API("a_module_by_name"),
    ]


@hug.get("/subclass")
def subclass():
    return [own.extra, own.name, type(own).__name__, isinstance(own, hug.API)]


@hug.get("/started")
def was_started():
    return started


@hug.get("/directed")
def directed(hug_added="x"):
    return hug_added


@hug.post("/lines")
def lines(body):
    return body


@hug.get("/elsewhere", api=anonymous)
def elsewhere():
    return "of another API"


@hug.get("/by_module_name", api=by_name)
def by_module_name():
    return "by name"


@hug.get("/inside")
def inside():
    return [
        hug.test.get(anonymous, "/elsewhere").data,
        hug.test.get("a_module_by_name", "/by_module_name").data,
        hug.test.get(anonymous, "/nowhere").data["documentation"]["handlers"].keys(),
    ]


@hug.get("/urls")
def urls(hug_api):
    return [list(hug_api.http.urls()), sorted(hug_api.http.versions, key=str)]


@hug.get("/urls_of_interface")
def urls_of_interface():
    return [lines.interface.http.urls(), about.interface.http.url(), elsewhere.interface.http.urls()]


@hug.get("/options_of_interface")
def options_of_interface():
    return [lines.interface.spec.__name__, lines.interface.api.name, about.interface.http.api.name]
