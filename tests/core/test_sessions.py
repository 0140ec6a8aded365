"""Sessions: whose they are, what is kept of them, and what the cookie says."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import hug
from hug.store import InMemoryStore


class AsyncStore:
    """The same as the store in memory, but awaited."""

    def __init__(self) -> None:
        self.store = InMemoryStore()

    async def get(self, key):
        await asyncio.sleep(0)
        return dict(self.store.get(key))

    async def exists(self, key):
        return self.store.exists(key)

    async def set(self, key, value):
        await asyncio.sleep(0)
        self.store.set(key, dict(value))

    async def delete(self, key):
        self.store.delete(key)


class BlockingStore(InMemoryStore):
    """One that has to be called in a thread, and notes in which it was."""

    blocking = True

    def __init__(self) -> None:
        super().__init__()
        self.threads = set()

    def set(self, key, value):
        self.threads.add(threading.current_thread())
        super().set(key, value)


STORES = pytest.mark.parametrize("store", [InMemoryStore, AsyncStore, BlockingStore])


def counting(api: hug.API, store, **options) -> hug.middleware.SessionMiddleware:
    sessions = hug.middleware.SessionMiddleware(store, **options)
    api.http.add_middleware(sessions)

    @hug.get("/count", api=api)
    def count(hug_session):
        hug_session["count"] = hug_session.get("count", 0) + 1
        return hug_session

    return sessions


def visit(api: hug.API, path: str, sid: str | None = None):
    """Return what is answered, and the id that the cookie is set to."""
    response = hug.test.get(api, path, headers={"Cookie": f"sid={sid}"} if sid else None)
    return response.data, response.headers_dict["set-cookie"].partition(";")[0].removeprefix("sid=")


@STORES
def test_what_is_kept(api: hug.API, store) -> None:
    """A client that comes back with its cookie finds its session, and no other."""
    counting(api, store())
    data, ann = visit(api, "/count")
    assert data == {"count": 1}
    data, bob = visit(api, "/count")
    assert (data, ann != bob) == ({"count": 1}, True)
    assert visit(api, "/count", ann) == ({"count": 2}, ann)
    assert visit(api, "/count", bob) == ({"count": 2}, bob)


@pytest.mark.parametrize("forged", ["chosen", "a" * 300, "../../etc/passwd", "..", '"a b"', "\xff"])
def test_no_fixation(api: hug.API, forged: str) -> None:
    """An id that the store does not know is not taken on, whatever it is: the client gets a new one."""
    store = InMemoryStore()
    counting(api, store)
    data, sid = visit(api, "/count", forged)
    assert (data, sid != forged) == ({"count": 1}, True)
    assert not store.exists(forged)
    assert len(store) == 1


@pytest.mark.parametrize("odd", ["../../etc/passwd", ".", "a" * 257, "a/b", '"a b"', "\xff", "a\\b"])
def test_odd_ids_reach_no_store(api: hug.API, odd: str) -> None:
    """A store, which may make file names of ids, is never asked for what can be none of ours."""

    class Asked(InMemoryStore):
        def exists(self, key):
            raise AssertionError(key)

    counting(api, Asked())
    assert visit(api, "/count", odd)[0] == {"count": 1}


def test_ids() -> None:
    """Ids are 43 characters of 256 random bits."""
    ids = {hug.middleware.SessionMiddleware(InMemoryStore()).generate_sid() for _ in range(100)}
    assert len(ids) == 100
    assert {len(each) for each in ids} == {43}


@STORES
def test_renewed(api: hug.API, store) -> None:
    """Who logs in gets a new id for the same session; the old one is worth nothing any more."""
    sessions = counting(api, store())

    @hug.get("/login", api=api)
    def login(hug_session, request):
        sessions.renew(request)
        sessions.renew(request)
        hug_session["user"] = "Ann"
        return hug_session

    _, before = visit(api, "/count")
    data, after = visit(api, "/login", before)
    assert (data, after != before) == ({"count": 1, "user": "Ann"}, True)
    assert visit(api, "/count", before)[0] == {"count": 1}
    assert visit(api, "/count", after) == ({"count": 2, "user": "Ann"}, after)


@STORES
def test_renewed_while_another_request_runs(api: hug.API, store) -> None:
    """A request with the old id that ends after `renew` neither revives that id nor sees what came after."""
    sessions = counting(api, store())
    begun, go_on = threading.Event(), threading.Event()

    @hug.get("/slow", api=api)
    def slow(hug_session):
        begun.set()
        assert go_on.wait(20)
        hug_session["slow"] = True
        return hug_session

    @hug.get("/login", api=api)
    def login(hug_session, request):
        sessions.renew(request)
        hug_session["user"] = "Ann"

    _, planted = visit(api, "/count")
    with ThreadPoolExecutor(1) as attacker:
        waiting = attacker.submit(hug.test.get, api, "/slow", headers={"Cookie": f"sid={planted}"})
        assert begun.wait(20)
        _, after = visit(api, "/login", planted)
        go_on.set()
        late = waiting.result()
    assert (late.data, "set-cookie" in late.headers_dict) == ({"count": 1, "slow": True}, False)
    assert visit(api, "/count", planted)[0] == {"count": 1}
    assert visit(api, "/count", after)[0] == {"count": 2, "user": "Ann"}


@STORES
def test_two_requests_at_once(api: hug.API, store) -> None:
    """Of two requests of one session at once each saves what it has changed, and nothing else."""
    kept = store()
    counting(api, kept)
    begun, go_on = threading.Event(), threading.Event()

    @hug.get("/slow", api=api)
    def slow(hug_session):
        begun.set()
        assert go_on.wait(20)
        hug_session["slow"] = True
        del hug_session["gone"]
        hug_session["both"] = ["slow"]

    @hug.get("/fast", api=api)
    def fast(hug_session):
        hug_session["list"] = [*hug_session.get("list", ()), 1]
        hug_session["lock"] = None
        hug_session["gone"] = hug_session["both"] = "fast"

    @hug.get("/begin", api=api)
    def begin(hug_session):
        hug_session.update(count=1, gone=True, lock=threading.Lock())

    _, sid = visit(api, "/begin")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(hug.test.get, api, "/slow", headers={"Cookie": f"sid={sid}"})
        assert begun.wait(20)
        visit(api, "/fast", sid)
        go_on.set()
        waiting.result()
    data, _ = visit(api, "/count", sid)
    assert data == {"count": 2, "lock": None, "list": [1], "slow": True, "both": ["slow"]}


def test_changed_deep_inside(api: hug.API) -> None:
    """What is changed inside a value is saved, and what is replaced as a whole is."""
    store = AsyncStore()
    store.store.set("known", {"list": [1], "other": 1})
    api.http.add_middleware(hug.middleware.SessionMiddleware(store))
    hug.get("/add", api=api)(lambda hug_session: hug_session["list"].append(2))
    hug.get("/new", api=api)(lambda request: request.context.__setitem__("session", {"new": 1}))
    visit(api, "/add", "known")
    assert store.store.get("known") == {"list": [1, 2], "other": 1}
    visit(api, "/new", "known")
    assert store.store.get("known") == {"new": 1}


@STORES
def test_ended(api: hug.API, store) -> None:
    """A session that a function deletes from the context, or sets to None, is empty with the next request."""
    counting(api, store())

    @hug.get("/end", api=api)
    def end(request, how):
        if how == "deleted":
            del request.context["session"]
        else:
            request.context["session"] = None

    _, sid = visit(api, "/count")
    for how in ("deleted", "none"):
        assert visit(api, "/count", sid) == ({"count": 2}, sid)
        visit(api, f"/end?how={how}", sid)
        assert visit(api, "/count", sid) == ({"count": 1}, sid)
    assert visit(api, "/end?how=none")[1] != sid


def test_forgotten_while_a_request_runs(api: hug.API) -> None:
    """Who is logged out by ``store.delete`` stays so, whatever that request still does."""
    store = InMemoryStore()
    counting(api, store)

    @hug.get("/logout", api=api)
    def logout(request):
        store.delete(request.cookies["sid"])

    _, sid = visit(api, "/count")
    assert "set-cookie" not in hug.test.get(api, "/logout", headers={"Cookie": f"sid={sid}"}).headers_dict
    assert visit(api, "/count", sid)[0] == {"count": 1}


@pytest.mark.parametrize(
    ("said", "private"),
    [
        ("public, max-age=5", "private, max-age=5"),
        ("max-age=5", "private, max-age=5"),
        ("S-MaxAge=5, must-revalidate", "private, must-revalidate"),
        ("Public", "private"),
    ],
)
def test_shared_caches(api: hug.API, said: str, private: str) -> None:
    """No answer for shared caches has a cookie: for a known client it is as it was, for a new one private."""
    counting(api, InMemoryStore())
    hug.get("/page", api=api, response_headers={"Cache-Control": said})(lambda: 1)
    new = hug.test.get(api, "/page").headers_dict
    sid = new["set-cookie"].partition(";")[0]
    assert new["cache-control"] == private
    known = hug.test.get(api, "/page", headers={"Cookie": sid}).headers_dict
    assert (known["cache-control"], "set-cookie" in known) == (said, False)


@pytest.mark.parametrize("said", ["private, max-age=5", "no-store", "no-cache", "public, no-store"])
def test_caches_of_one_client(api: hug.API, said: str) -> None:
    """What no shared cache keeps has the cookie every time."""
    counting(api, InMemoryStore())
    hug.get("/page", api=api, response_headers={"Cache-Control": said})(lambda: 1)
    sid = visit(api, "/page")[1]
    assert visit(api, "/page", sid)[1] == sid


def test_cookie(api: hug.API) -> None:
    """The cookie is safe by default: no scripts, no other sites, no HTTP; all paths."""
    counting(api, InMemoryStore())
    cookie = hug.test.get(api, "/count").headers_dict["set-cookie"]
    assert set(cookie.split("; ")[1:]) == {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"}


def test_cookie_options(api: hug.API) -> None:
    """Every option of the cookie can be chosen."""
    counting(
        api,
        InMemoryStore(),
        context_name="session",
        cookie_name="other",
        cookie_max_age=5,
        cookie_domain="example.org",
        cookie_path="/x",
        cookie_secure=False,
        cookie_http_only=False,
        cookie_same_site="Strict",
    )
    name, *rest = hug.test.get(api, "/count").headers_dict["set-cookie"].split("; ")
    assert name.startswith("other=")
    assert set(rest) == {"Max-Age=5", "Domain=example.org", "Path=/x", "SameSite=Strict"}


def test_impossible_cookies() -> None:
    """What no browser would take is an error when it is said, not with the first request."""
    with pytest.raises(ValueError, match="secure"):
        hug.middleware.SessionMiddleware(InMemoryStore(), cookie_same_site="None", cookie_secure=False)
    with pytest.raises(KeyError):
        hug.middleware.SessionMiddleware(InMemoryStore(), cookie_name="a b")
    with pytest.raises(ValueError, match="same_site"):
        hug.middleware.SessionMiddleware(InMemoryStore(), cookie_same_site="Sometimes")


@STORES
def test_streams(api: hug.API, store) -> None:
    """A stream has its client's session; what it has put there by its head is saved."""
    counting(api, store())

    @hug.sse("/stream", api=api)
    def stream(hug_session):
        hug_session["streams"] = hug_session.get("streams", 0) + 1
        return [hug_session["count"], hug_session["streams"]]

    _, sid = visit(api, "/count")
    for streams in (1, 2):
        with hug.test.sse(api, "/stream", headers={"Cookie": f"sid={sid}"}) as events:
            assert "set-cookie" in events.response.headers_dict
            assert [event.data for event in events] == ["1", str(streams)]


def test_where_stores_are_called(api: hug.API) -> None:
    """A sync store is called in hug's threads, or on the event loop if the API runs all there."""
    store = BlockingStore()
    counting(api, store)
    visit(api, "/count")
    assert {thread.name.rpartition("-")[0] for thread in store.threads} == {"hug-helper"}
    store.threads.clear()
    api.http.inline = True
    visit(api, "/count")
    assert {thread.name for thread in store.threads} == {"hug-test"}


def test_errors_keep_the_session(api: hug.API) -> None:
    """A handler that raises an HTTP error has its session saved like any other."""
    counting(api, InMemoryStore())

    @hug.get("/refused", api=api)
    def refused(hug_session):
        hug_session["refused"] = True
        raise hug.HTTPForbidden("No")

    sid = visit(api, "/refused")[1]
    assert visit(api, "/count", sid)[0] == {"refused": True, "count": 1}


def test_gone_meanwhile(api: hug.API) -> None:
    """A session that goes between two looks at the store is a new one."""

    class Forgetful(InMemoryStore):
        def exists(self, key):
            return True

    counting(api, Forgetful())
    data, sid = visit(api, "/count", "gone")
    assert (data, sid != "gone") == ({"count": 1}, True)


@pytest.mark.slow
@pytest.mark.parametrize("store", [InMemoryStore, AsyncStore])
def test_concurrent_requests(api: hug.API, store) -> None:
    """Of 200 clients at once each has its own session."""
    counting(api, store())

    def client(_number: int):
        _, sid = visit(api, "/count")
        return sid, visit(api, "/count", sid)[0]

    with ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(client, range(200)))
    assert len({sid for sid, _ in answers}) == 200
    assert [data for _, data in answers] == [{"count": 2}] * 200


def test_id_that_would_be_a_header(api: hug.API) -> None:
    """An id of one's own with a line break is refused, and never sent."""

    class Careless(hug.middleware.SessionMiddleware):
        def generate_sid(self):
            return "a\r\nSet-Cookie: b=c"

    api.http.add_middleware(Careless(InMemoryStore()))
    hug.get("/x", api=api)(lambda: None)
    try:
        sent = hug.test.get(api, "/x").headers
    except ValueError:
        return
    assert not [value for _, value in sent if {"\r", "\n"} & set(value)]
