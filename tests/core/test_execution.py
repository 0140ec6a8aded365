"""Where functions run: on the event loop, in threads, inline."""

import asyncio
import contextvars
import threading

import pytest

import hug
from hug.test.requests import exchange, request_for
from hug.web.loop_in_thread import Portal
from hug.web.threads import handlers
from hug.web.without_waiting import Suspended, finish

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def on_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def test_async_on_the_loop_sync_in_threads(api: hug.API) -> None:
    """``async def`` runs on the loop, ``def`` in a thread, or on the loop if the API runs them inline."""

    @hug.get("/async", api=api)
    async def asynchronous():
        return on_loop()

    @hug.get("/sync", api=api)
    def synchronous():
        return on_loop()

    assert hug.test.get(api, "/async").data is True
    assert hug.test.get(api, "/sync").data is False
    api.http.inline = True
    assert hug.test.get(api, "/sync").data is True


def test_everything_of_a_sync_function_in_one_thread(api: hug.API) -> None:
    """Requirements, directives, types, the function, its generator and the format share one thread."""
    threads = set()

    def here(value=None, **kwargs):
        threads.add(threading.current_thread())
        return value

    async def elsewhere():
        assert on_loop()
        return True

    @hug.directive(api=api)
    def directive():
        return here()

    @hug.get(
        "/x", api=api, requires=[here, elsewhere], transform=here, output=lambda data: here(str(list(data)))
    )
    def handler(a: here, made: directive):
        here()
        yield here(a)

    assert hug.test.get(api, "/x?a=1").content == b"['1']"
    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_sync_requirement_of_an_async_function(api: hug.API) -> None:
    """A sync requirement may block, so it runs in a thread, unless the API runs everything inline."""

    def where(response):
        response.set_header("x-on-loop", str(on_loop()))
        return True

    @hug.get("/x", api=api, requires=where)
    async def handler():
        return on_loop()

    assert hug.test.get(api, "/x").headers_dict["x-on-loop"] == "False"
    api.http.inline = True
    assert hug.test.get(api, "/x").headers_dict["x-on-loop"] == "True"


def test_wrapped_coroutine_function(api: hug.API) -> None:
    """A plain function may return a coroutine; it is awaited on the loop."""

    async def inner():
        return on_loop()

    @hug.get("/x", api=api)
    def handler():
        return inner()

    assert hug.test.get(api, "/x").data is True


class Anything(dict):
    """A dictionary that has every attribute, as those of addict, and keeps what it was asked for."""

    def __getattr__(self, name):
        return self.setdefault(name, Anything())


@pytest.mark.parametrize("inline", [False, True])
def test_values_that_have_every_attribute(api: hug.API, inline: bool) -> None:
    """A dictionary that has whatever attribute is asked for is a dictionary: it is not awaited, nor read."""
    api.http.inline = inline

    def anything(*_given, **_offered):
        return Anything(a=1)

    async def later(**_offered):
        return Anything(a=1)

    def nothing(*_given):
        return Anything()

    options = {"transform": anything, "validate": nothing, "inputs": {"text/plain": anything}}
    for name, function in {"sync": anything, "async": later}.items():
        hug.get(f"/{name}", api=api)(function)
        hug.post(f"/{name}/options", api=api, **options)(function)
        assert hug.local(api=api)(function)() == {"a": 1}

    @hug.directive(api=api)
    def made(**_offered):
        return Anything(a=1)

    @hug.get("/directive", api=api)
    def handler(value: made):
        return value

    for url in ("/sync", "/async", "/directive"):
        assert hug.test.get(api, url).data == {"a": 1}
    for url in ("/sync/options", "/async/options"):
        assert hug.test.post(api, url, body="b", headers={"content-type": "text/plain"}).data == {"a": 1}


def test_context_variables(api: hug.API) -> None:
    """Variables set by async middleware are seen in the function, in threads and on the loop."""

    class Middleware:
        async def process_request(self, request, response):
            variable.set(request.path)

    async def read_async():
        return variable.get()

    @hug.get("/sync", api=api)
    def synchronous():
        return variable.get()

    @hug.get("/mixed", api=api, requires=read_async)
    def mixed():
        return read_async()

    hug.get("/async", api=api)(read_async)
    api.http.add_middleware(Middleware())
    assert hug.test.get(api, "/sync").data == "/sync"
    assert hug.test.get(api, "/async").data == "/async"
    assert hug.test.get(api, "/mixed").data == "/mixed"


@pytest.mark.parametrize("asynchronous", [False, True])
def test_context_variables_of_threads(api: hug.API, asynchronous: bool) -> None:
    """A function sees what sync middleware sets, and that what the function sets, even if this fails."""
    seen = []

    @hug.request_middleware(api=api)
    def begin(request, response):
        variable.set(request.path)

    @hug.response_middleware(api=api)
    def end(request, response, resource):
        seen.append(variable.get())

    def function(fail: bool = False):
        variable.set(f"function {variable.get()}")
        if fail:
            raise hug.HTTPConflict
        return variable.get()

    async def coroutine(fail: bool = False):
        return function(fail)

    hug.get("/x", api=api)(coroutine if asynchronous else function)
    assert hug.test.get(api, "/x").data == "function /x"
    assert hug.test.get(api, "/x?fail=1").status == hug.HTTP_409
    assert hug.test.get(api, "/nowhere").status == hug.HTTP_404
    assert seen == ["function /x", "function /x", "/nowhere"]
    assert variable.get() == "unset"


def test_blocked_functions_leave_others_alone(api: hug.API) -> None:
    """While one function blocks, others answer."""
    started, go_on = threading.Event(), threading.Event()

    @hug.get("/slow", api=api)
    def slow():
        started.set()
        assert go_on.wait(10)
        return "slow"

    hug.get("/sync", api=api)(lambda: "sync")

    @hug.get("/async", api=api)
    async def fast():
        return "async"

    answers = []
    client = threading.Thread(target=lambda: answers.append(hug.test.get(api, "/slow").data))
    client.start()
    assert started.wait(10)
    assert hug.test.get(api, "/sync").data == "sync"
    assert hug.test.get(api, "/async").data == "async"
    assert answers == []
    go_on.set()
    client.join(10)
    assert answers == ["slow"]


def test_in_a_running_loop(api: hug.API) -> None:
    """hug.test works inside a running event loop."""
    hug.get("/x", api=api)(lambda: 1)

    async def test():
        return hug.test.get(api, "/x").data

    assert asyncio.run(test()) == 1


def test_handlers_that_block(api: hug.API, tmp_path) -> None:
    """Sync handlers that block, as many as there are threads, keep no async one from all that it needs."""
    page = tmp_path / "page"
    page.write_text("page")
    entered, go_on = threading.Semaphore(0), threading.Event()
    hug.request_middleware(api=api)(lambda request, response: None)

    @hug.get("/block", api=api)
    def block():
        entered.release()
        go_on.wait(20)

    @hug.get("/file", api=api, requires=lambda request: True, output=hug.output_format.file)
    async def file():
        return page

    def asked(path: str):
        return exchange(api.http.server(), *request_for("GET", path, "", None, {}))

    async def main() -> None:
        blocked = [asyncio.create_task(asked("/block")) for _ in range(handlers.limit)]
        for _ in blocked:
            assert await asyncio.to_thread(entered.acquire, timeout=10)
        try:
            answer = await asyncio.wait_for(asked("/file"), 10)
        finally:
            go_on.set()
        assert answer.content == b"page"
        await asyncio.gather(*blocked)

    asyncio.run(main())


def test_threads_do_not_keep_the_process(tmp_path) -> None:
    """A function that blocks does not keep Python from ending."""
    import subprocess
    import sys

    program = tmp_path / "program.py"
    program.write_text(
        "import asyncio, threading\n"
        "from hug.web.threads import handlers\n"
        "started = threading.Event()\n"
        "async def main():\n"
        "    task = asyncio.create_task(handlers.run(lambda: (started.set(), threading.Event().wait())))\n"
        "    while not started.is_set():\n"
        "        await asyncio.sleep(0.001)\n"
        "    task.cancel()\n"
        "asyncio.run(main())\n"
    )
    assert subprocess.run([sys.executable, program], timeout=60, check=False).returncode == 0


def test_finish() -> None:
    """`finish` runs coroutines that do not wait, and refuses others by name."""

    async def waits():
        await asyncio.sleep(0)

    async def does_not():
        return 5

    assert finish(does_not()) == 5
    with pytest.raises(Suspended):
        finish(waits())


def test_portal() -> None:
    """A portal returns and raises what its coroutines do, and refuses to wait for itself."""
    portal = Portal()

    async def add(a, *, b):
        return a + b

    async def nested():
        coroutine = add
        return portal.call(coroutine, 1, b=2)

    assert portal.call(add, 1, b=2) == 3
    with pytest.raises(TypeError):
        portal.call(add, 1, b="2")
    with pytest.raises(RuntimeError, match="own event loop"):
        portal.call(nested)
