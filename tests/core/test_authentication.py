"""Requirements that ask who is calling."""

import asyncio
import base64
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hug


def basic_header(text: str | bytes) -> dict[str, str]:
    data = text.encode() if isinstance(text, str) else text
    return {"Authorization": "Basic " + base64.b64encode(data).decode()}


def guarded(api: hug.API, requirement) -> None:
    @hug.get("/x", api=api, requires=requirement)
    def handler(hug_user):
        return {"user": hug_user}


def answer(api: hug.API, headers=None):
    response = hug.test.get(api, "/x", headers=headers)
    return response.status_code, response.data, response.headers_dict.get("www-authenticate")


REQUIRED = "Authentication Required", "Please provide valid {} credentials"
WRONG = "Invalid Authentication", "Provided {} credentials were invalid"
MALFORMED = "Authentication Error", "Authentication header is improperly formed"
UNREADABLE = "Authentication Error", "Unable to determine user and password with provided encoding"


def refused(said: tuple[str, str], what: str, challenge: str):
    return 401, {"errors": {said[0]: said[1].format(what)}}, challenge


def sync_and_async(function):
    async def asynchronous(*args):
        await asyncio.sleep(0)
        return function(*args)

    return pytest.mark.parametrize("verify", [function, asynchronous], ids=["sync", "async"])


@sync_and_async(hug.authentication.verify("Ann", "se:cret"))
def test_basic(api: hug.API, verify) -> None:
    """HTTP Basic: what is said of credentials that are there, missing, wrong and malformed."""
    guarded(api, hug.authentication.basic(verify))
    what, simple = "Basic HTTP Authentication", 'basic realm="simple"'
    assert answer(api, basic_header("Ann:se:cret")) == (200, {"user": "Ann"}, None)
    lower = {"Authorization": basic_header("Ann:se:cret")["Authorization"].replace("Basic", "basic")}
    assert answer(api, lower) == (200, {"user": "Ann"}, None)
    assert answer(api) == refused(REQUIRED, what, simple)
    assert answer(api, basic_header("Ann:se")) == refused(WRONG, what, simple)
    assert answer(api, basic_header("Bob:se:cret")) == refused(WRONG, what, simple)
    assert answer(api, {"Authorization": "Bearer x"}) == refused(WRONG, what, simple)
    for header in ("Basic", "Ann:secret"):
        assert answer(api, {"Authorization": header}) == refused(MALFORMED, "", 'Basic realm="simple"')


@pytest.mark.parametrize(
    "encoded", ["!!!", "QW5uOg=", "QW5uO", "bm9jb2xvbg==", "\xff", "/zpQ", "QW5u OnNl", "Ann:x"]
)
def test_basic_that_cannot_be_read(api: hug.API, encoded: str) -> None:
    """No base64, no padding, no colon, no UTF-8: 401, and never 500."""
    guarded(api, hug.authentication.basic(lambda user, password: user))
    expected = refused(UNREADABLE, "", 'Basic realm="simple"')
    assert answer(api, {"Authorization": f"Basic {encoded}"}) == expected


ANY = hug.API()

for _kind in ("basic", "bearer", "token"):
    _requirement = getattr(hug.authentication, _kind)(lambda *_: False)
    hug.get(f"/{_kind}", api=ANY, requires=_requirement)(lambda: None)


@hug.get("/x", api=ANY, requires=hug.authentication.basic(lambda *credentials: [*credentials]))
async def credentials(hug_user):
    return {"user": hug_user}


CHARACTERS = st.text(st.sampled_from("aé🐝:\x00\r\n "))


@settings(max_examples=50, deadline=None)
@given(CHARACTERS, CHARACTERS)
def test_basic_reads_all_text(user: str, password: str) -> None:
    """Credentials are UTF-8; the first colon ends the user."""
    user = user.replace(":", "")
    assert answer(ANY, basic_header(f"{user}:{password}"))[1] == {"user": [user, password]}


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["", "Basic ", "Bearer "]), st.text(st.characters(codec="latin-1")))
def test_no_header_is_a_failure(scheme: str, text: str) -> None:
    """Whatever a client sends as credentials, they are wrong, and nothing else."""
    for kind in ("basic", "bearer", "token"):
        assert hug.test.get(ANY, f"/{kind}", headers={"Authorization": scheme + text}).status_code == 401


@sync_and_async({"key": {"name": "Ann"}}.get)
def test_token_and_api_key(api: hug.API, verify) -> None:
    """A token is the whole header, a key has a header of its own; None says that there is nobody."""
    other = hug.API()
    guarded(api, hug.authentication.token(verify))
    guarded(other, hug.authentication.api_key(verify))
    assert answer(api, {"Authorization": "key"}) == (200, {"user": {"name": "Ann"}}, None)
    assert answer(other, {"X-Api-Key": "key"}) == (200, {"user": {"name": "Ann"}}, None)
    for headers in ({}, {"Authorization": ""}):
        assert answer(api, headers) == refused(REQUIRED, "Token verification", 'token realm="simple"')
    assert answer(api, {"Authorization": ""}) == refused(
        REQUIRED, "Token verification", 'token realm="simple"'
    )
    what = "API Key Header Authentication"
    assert answer(other) == refused(REQUIRED, what, 'api_key realm="simple"')


@sync_and_async(lambda token: token == "t0ken" and "Ann")
def test_wrong_token_and_api_key(api: hug.API, verify) -> None:
    """Wrong ones are told so."""
    other = hug.API()
    guarded(api, hug.authentication.token(verify))
    guarded(other, hug.authentication.api_key(verify))
    assert answer(api, {"Authorization": "Bearer t0ken"})[1] == {
        "errors": {WRONG[0]: WRONG[1].format("Token verification")}
    }
    what = "API Key Header Authentication"
    assert answer(other, {"X-Api-Key": "x"}) == refused(WRONG, what, 'api_key realm="simple"')


@sync_and_async(lambda token: token == "t0ken" and "Ann")
def test_bearer(api: hug.API, verify) -> None:
    """A bearer token comes without its scheme, which is any case; a wrong one is an ``invalid_token``."""
    guarded(api, hug.authentication.bearer(verify))
    what = "Bearer Token Authentication"
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert answer(api, {"Authorization": f"{scheme} t0ken"}) == (200, {"user": "Ann"}, None)
    for headers in ({}, {"Authorization": ""}, {"Authorization": "Basic QTpC"}):
        assert answer(api, headers) == refused(REQUIRED, what, "Bearer")
    for header in ("Bearer", "Bearer ", "Bearer x", "Bearer t0ken t0ken"):
        expected = refused(WRONG, what, 'Bearer error="invalid_token"')
        assert answer(api, {"Authorization": header}) == expected


@sync_and_async(lambda value: value == "t0ken" and "Ann")
def test_cookie(api: hug.API, verify) -> None:
    """A cookie of some name says who it is."""
    guarded(api, hug.authentication.cookie("key", verify))
    what, challenge = "Cookie Authentication", 'cookie realm="simple"'
    assert answer(api, {"Cookie": "other=x; key=t0ken"}) == (200, {"user": "Ann"}, None)
    assert answer(api, {"Cookie": "other=t0ken"}) == refused(REQUIRED, what, challenge)
    assert answer(api, {"Cookie": "key=x"}) == refused(WRONG, what, challenge)


def test_authenticator(api: hug.API) -> None:
    """One's own: None is nobody, what is false is wrong, all else is the user; challenges have its name."""
    seen = []

    @hug.authentication.authenticator
    def pin(request, response, verify, **offered):
        """A PIN

        in a header of its own.
        """
        seen.append(sorted(offered))
        given = request.get_header("X-Pin")
        return None if given is None else verify(given)

    guarded(api, pin({"1": "Ann", "2": False, "3": None, "4": [], "5": ""}.get))
    assert answer(api, {"X-Pin": "1"}) == (200, {"user": "Ann"}, None)
    for headers in ({}, {"X-Pin": "3"}):
        assert answer(api, headers) == refused(REQUIRED, "A PIN", 'pin realm="simple"')
    for wrong in "245":
        assert answer(api, {"X-Pin": wrong}) == refused(WRONG, "A PIN", 'pin realm="simple"')
    assert seen[0] == ["api", "context", "module"]


@pytest.mark.parametrize("asynchronous", [True, False])
def test_authenticator_with_async_verify(api: hug.API, asynchronous: bool) -> None:
    """It may be async, or sync and return what an async ``verify`` gives; challenges can be given."""

    def sync(request, response, verify, context):
        return verify(request.get_header("X-Pin"))

    async def on_loop(request, response, verify):
        return await verify(request.get_header("X-Pin"))

    async def verify(given):
        await asyncio.sleep(0)
        return given == "1" and "Ann"

    made = hug.authentication.authenticator(on_loop if asynchronous else sync, challenges=["Pin", "Other"])
    guarded(api, made(verify))
    assert answer(api, {"X-Pin": "1"}) == (200, {"user": "Ann"}, None)
    what = "on_loop" if asynchronous else "sync"
    assert answer(api, {"X-Pin": "2"}) == refused(WRONG, what, "Pin, Other")


def with_default(user, password, other="default"):
    return [user, password, other]


@pytest.mark.parametrize(
    ("verify", "user"),
    [
        (lambda user, password: [user, password], ["Ann", "x"]),
        (lambda *all_of_it: [*all_of_it], ["Ann", "x"]),
        (lambda user, password, shared: [user, password, shared["of"]], ["Ann", "x", "the call"]),
        (lambda user, password, context=None: [user, password, context["of"]], ["Ann", "x", "the call"]),
        (lambda user, password, *, context: [user, password, context["of"]], ["Ann", "x", "the call"]),
        (with_default, ["Ann", "x", "default"]),
    ],
)
def test_context(api: hug.API, verify, user) -> None:
    """``verify`` gets the context of the call if it has to take one more argument, or names it."""
    api.context_factory = lambda **_: {"of": "the call"}
    guarded(api, hug.authentication.basic(verify))
    assert answer(api, basic_header("Ann:x"))[1] == {"user": user}


def test_verify_is_called_once(api: hug.API) -> None:
    """A TypeError inside ``verify`` is an error, and no reason to call it again without the context."""
    calls = []

    def verify(user, password, context):
        calls.append(user)
        return None + 1

    guarded(api, hug.authentication.basic(verify))
    with pytest.raises(TypeError, match="NoneType"):
        answer(api, basic_header("Ann:x"))
    assert calls == ["Ann"]


def test_verify_of_another_kind() -> None:
    """A function that cannot take the credentials is an error where it is given."""
    with pytest.raises(TypeError, match="has to take 2 arguments"):
        hug.authentication.basic(lambda token: token)
    with pytest.raises(TypeError, match="has to take 1 arguments"):
        hug.authentication.bearer(lambda: None)


def test_where_it_can_be_required(api: hug.API) -> None:
    """On streams, classes, chained routers and routers of an API; several are asked in order."""
    key = hug.authentication.api_key({"key": "Ann"}.get)
    of_api = hug.route.API(api)
    members = hug.http(requires=key, api=api)

    @members.get("/chained")
    def chained(hug_user):
        return hug_user

    @hug.get("/both", api=api, requires=[key, hug.authentication.cookie("pin", {"1": "Bob"}.get)])
    def both(hug_user):
        return hug_user

    @of_api.http("/of_api", requires=key)
    def of_an_api(user: hug.directives.user):
        return user

    @members.sse("/stream")
    def stream(hug_user):
        yield hug_user

    @hug.object(requires=key, api=api, urls="/object")
    class Members:
        @hug.object.get()
        def show(self, hug_user):
            return hug_user

        @hug.object.sse("stream")
        def stream(self, hug_user):
            yield hug_user

    headers = {"X-Api-Key": "key"}
    for path in ("/chained", "/of_api", "/object"):
        assert hug.test.get(api, path).status_code == 401
        assert hug.test.get(api, path, headers=headers).data == "Ann"
    for path in ("/stream", "/object/stream"):
        with hug.test.sse(api, path) as refused:
            assert refused.status == hug.HTTP_401
        with hug.test.sse(api, path, headers=headers) as events:
            assert next(events).data == "Ann"
    assert hug.test.get(api, "/both", headers=headers).status_code == 401
    assert hug.test.get(api, "/both", headers={"Cookie": "pin=1"}).status_code == 401
    assert hug.test.get(api, "/both", headers=headers | {"Cookie": "pin=1"}).data == "Bob"


def test_documentation(api: hug.API) -> None:
    """The page of a 404 says what a route requires."""
    guarded(api, hug.authentication.basic(hug.authentication.verify("Ann", "x")))
    documented = hug.test.get(api, "/nowhere").data["documentation"]["handlers"]["/x"]["GET"]
    assert documented["requires"] == ["Basic HTTP Authentication"]


def test_users_of_concurrent_requests(api: hug.API) -> None:
    """Of 200 requests at once, with handlers and functions that verify, sync and async, each has its user."""

    async def slowly(token):
        await asyncio.sleep(0.001)
        return token

    def blocking(token):
        time.sleep(0.001)
        return token

    @hug.get("/sync", api=api, requires=hug.authentication.bearer(slowly))
    def sync(hug_user, user: hug.directives.user, request):
        time.sleep(0.001)
        return [hug_user, user, request.context["user"]]

    @hug.get("/async", api=api, requires=hug.authentication.bearer(blocking))
    async def asynchronous(hug_user, user: hug.directives.user, request):
        await asyncio.sleep(0.001)
        return [hug_user, user, request.context["user"]]

    def ask(number: int):
        headers = {"Authorization": f"Bearer {number}"}
        return hug.test.get(api, ("/sync", "/async")[number % 2], headers=headers).data

    with ThreadPoolExecutor(200) as clients:
        answers = list(clients.map(ask, range(200)))
    assert answers == [[str(number)] * 3 for number in range(200)]


def test_verify_takes_any_text() -> None:
    """Text that is not ASCII is compared like all other; a user without a name is somebody, too."""
    assert hug.authentication.verify("Änn", "\ud800é")("Änn", "\ud800é") == "Änn"
    assert hug.authentication.verify("", "x")("", "x") is True
    assert hug.authentication.verify("Änn", "é")("Änn", "e") is False


def yielding(*credentials):
    yield False


async def yielding_later(*credentials):
    yield False


class Yielding:
    def __call__(self, *credentials):
        yield False


@pytest.mark.parametrize(
    "verify",
    [yielding, yielding_later, Yielding(), Yielding().__call__, partial(yielding), partial(yielding, 1)],
)
def test_generators_verify_nothing(api: hug.API, verify) -> None:
    """A generator has no verdict, and would let in everybody: it is an error where it is said."""
    for kind in (hug.authentication.basic, hug.authentication.bearer, hug.authentication.api_key):
        with pytest.raises(TypeError, match="not to yield"):
            kind(verify)
    with pytest.raises(TypeError, match="not to yield"):
        hug.authentication.cookie("sid", verify)
    with pytest.raises(TypeError, match="not to yield"):
        hug.authentication.authenticator(verify)
    with pytest.raises(TypeError, match="not to yield"):
        hug.get("/x", api=api, requires=verify)(lambda: 1)


@pytest.mark.parametrize(
    "verdict",
    [
        yielding,
        yielding_later,
        Yielding().__call__,
        hug.authentication.verify("Ann", "secret"),
        print,
        partial(print),
    ],
)
@pytest.mark.parametrize("asynchronous", [False, True])
def test_functions_are_no_users(api: hug.API, verdict, asynchronous: bool) -> None:
    """A ``verify`` that returns a function, as whoever forgets to call it does, lets nobody in: a 500."""

    async def verify_later(key):
        return verdict

    guarded(api, hug.authentication.api_key(verify_later if asynchronous else lambda key: verdict))
    with pytest.raises(TypeError, match="has to return a user or False"):
        hug.test.get(api, "/x", headers={"X-Api-Key": "key"})


@pytest.mark.parametrize("generator", [yielding, yielding_later])
def test_generators_are_no_users(api: hug.API, generator) -> None:
    """Nor does one that returns a generator."""
    guarded(api, hug.authentication.api_key(lambda key: generator(key, "more")))
    with pytest.raises(TypeError, match="has to return a user or False"):
        hug.test.get(api, "/x", headers={"X-Api-Key": "key"})


def test_coroutines_are_no_users(api: hug.API) -> None:
    """Nor one whose coroutine gives another."""

    async def verify(key):
        return False

    forgotten = verify("key")

    async def forgetful(key):
        return forgotten

    guarded(api, hug.authentication.api_key(forgetful))
    with pytest.raises(TypeError, match="has to return a user or False"):
        hug.test.get(api, "/x", headers={"X-Api-Key": "key"})
    forgotten.close()
