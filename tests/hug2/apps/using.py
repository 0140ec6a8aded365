"""APIs that are called as services, in this process. Printed by a script."""

import hug
import hug.use


@hug.get("/get", versions=1)
def get(name="x"):
    return f"one {name}"


@hug.get("/get", versions=2)  # noqa: F811
def get(name="x"):
    return f"two {name}"


@hug.post()
def post(body, a: int):
    return [body, a]


@hug.get()
def raising():
    raise hug.HTTPInternalServerError("T", "D")


def show(name, call):
    try:
        print(name, *call())
    except Exception as error:
        print(name, type(error).__name__)


if __name__ == "__main__":
    local = hug.use.Local(__name__)
    show("version", lambda: hug.use.Local(__name__, version=2).get("get")[:2])
    show("version one", lambda: hug.use.Local(__name__, version=1).get("get", name="y")[:2])
    show("no version", lambda: [local.get("get").status_code])
    show("missing", lambda: [local.get("nowhere").status_code])
    show("post", lambda: local.post("post", a="1")[:2])
    show("wrong", lambda: local.post("post", a="x")[:2])
    show("method", lambda: local.put("post")[:2])
