"""The program in which many requests at once have things of their own: each answers with all that it has."""

import asyncio
import contextvars
import os
import threading
import time

import hug

PAUSE = 0.01
"""Seconds in which a request lets others go on."""

api = hug.API(__name__)
api.http.inline = bool(os.environ.get("INLINE"))
gate = threading.Event()
waiting = 0
contexts: set[str] = set()
store = hug.store.InMemoryStore()
api.http.add_middleware(hug.middleware.SessionMiddleware(store, cookie_secure=False))
mark: contextvars.ContextVar[str] = contextvars.ContextVar("mark", default="none")


@hug.get("/answer")
async def answer():
    return True


@hug.request_middleware()
async def remember(request, response):
    mark.set(request.get_header("who", default="nobody"))


@hug.context_factory()
def context(request):
    who = request.get_header("who", default="nobody")
    contexts.add(who)
    return {"who": who}


@hug.delete_context()
def forget(context):
    contexts.discard(context["who"])


@hug.directive()
def whom(default=None, context=None, **others):
    return context["who"]


@hug.directive()
class holding:
    def __init__(self, *default, request=None, **others):
        self.who = request.get_header("who")

    def cleanup(self, exception=None):
        self.who = None


@hug.type(accept_context=True)
def typed(value, context):
    return f"{value} of {context['who']}"


async def verify(user, key):
    await asyncio.sleep(0)
    return {"name": user} if user == key else False


def knows(request, context):
    return request.get_header("who") == context["who"]


def told(request, body, number, hug_whom, hug_holding, hug_user, hug_session, kind):
    return {
        "header": request.get_header("who"),
        "path": number,
        "body": body["who"],
        "type": kind,
        "directive": hug_whom,
        "cleaned up": hug_holding.who,
        "user": hug_user["name"],
        "session": hug_session,
        "variable": mark.get(),
    }


REQUIRED = [hug.authentication.basic(verify), knows]


@hug.post("/blocking/{number}", requires=REQUIRED)
def blocking(request, body, number, kind: typed, hug_whom, hug_holding, hug_user, hug_session):
    hug_session.setdefault("visits", []).append(request.get_header("who"))
    before = told(request, body, number, hug_whom, hug_holding, hug_user, hug_session, kind)
    time.sleep(PAUSE)
    after = told(request, body, number, hug_whom, hug_holding, hug_user, hug_session, kind)
    return [before, after]


@hug.post("/async/{number}", requires=REQUIRED)
async def asynchronous(request, body, number, kind: typed, hug_whom, hug_holding, hug_user, hug_session):
    hug_session.setdefault("visits", []).append(request.get_header("who"))
    before = told(request, body, number, hug_whom, hug_holding, hug_user, hug_session, kind)
    await asyncio.sleep(PAUSE)
    after = told(request, body, number, hug_whom, hug_holding, hug_user, hug_session, kind)
    return [before, after]


@hug.get("/left")
async def left():
    return sorted(contexts - {"nobody"})


other = hug.API("other")
"""An API without middleware, contexts or requirements, of which threads are all that requests share."""


@hug.get("/answer", api=other)
async def other_answer():
    return True


@hug.get("/wait", api=other)
def wait():
    global waiting
    waiting += 1
    return gate.wait(60)


@hug.get("/waiting", api=other)
async def how_many():
    return waiting


@hug.get("/open", api=other)
async def open_gate():
    gate.set()
    return True


@hug.sse("/ticks", api=other)
async def ticks():
    for number in range(3):
        yield number
        await asyncio.sleep(PAUSE)


@hug.sse("/thread_ticks", api=other)
def thread_ticks():
    for number in range(3):
        yield number
        time.sleep(PAUSE)


__hug_asgi__ = other.http.server() if os.environ.get("THREADS") else api.http.server()
