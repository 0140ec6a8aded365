"""Who is calling: requirements that ask a function of yours, such as ``requires=basic(verify)``.

Each makes a requirement of a function ``verify``, sync or async, that takes the credentials and, if it has
one more parameter, or one called ``context``, the context of the call. It returns the user, which becomes
``request.context["user"]`` and the value of ``hug_user``. What is false, such as False, means that the
credentials are wrong, None that there are none; for both the answer is 401. A function, a coroutine or a
generator is no user but an error, as is a ``verify`` that is a generator function: it has no verdict.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import inspect
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    MethodType,
)
from typing import Any, Final, TypeAlias

from hug.introspect import accepted, is_awaitable, is_coroutine, reject_generator
from hug.web.errors import HTTPUnauthorized

Verify: TypeAlias = Callable[..., Any]
Requirement: TypeAlias = Callable[..., Any]
Credentials: TypeAlias = tuple[str, ...] | None
"""Credentials as a request has them; an empty tuple if they are certainly wrong, None if there are none."""

_OFFERED: Final = ("context", "module", "api")


def authenticator(
    function: Callable[..., Any],
    challenges: Iterable[str] = (),
    *,
    security_scheme: dict[str, str] | None = None,
) -> Callable[[Verify], Requirement]:
    """Return a function like `basic`: it makes requirements that have ``function`` look at requests.

    Args:
        function: Called with the request, the response and what `basic` would be given, ``verify``, and with
            those of the keywords ``context, module, api`` that it names. It returns the user, something
            false for wrong credentials, None if there are none; it may be async, or return what an async
            ``verify`` gives. The first line of its docstring is what messages call the credentials.
        challenges: Values of ``WWW-Authenticate``; default is one with the name of ``function``.
        security_scheme: What OpenAPI documents say of it; default is this attribute of ``function``.
    """
    reject_generator(function)
    names = accepted(function, _OFFERED)
    what = (function.__doc__ or function.__name__).strip().partition("\n")[0]
    refusal = _Refusal(what, tuple(challenges) or (_challenge(function.__name__),))

    def requiring(verify_user: Verify) -> Requirement:
        reject_generator(verify_user)

        def ask(request: Any, response: Any, offered: dict[str, Any]) -> Any:
            return function(request, response, verify_user, **{name: offered.get(name) for name in names})

        scheme = security_scheme or getattr(function, "security_scheme", None)
        return _requirement(ask, refusal, is_coroutine(function), function.__doc__, scheme)

    return requiring


def basic(verify: Verify) -> Requirement:
    """Require a user and a password (HTTP Basic); ``verify(user, password)`` says whose.

    Source: https://www.rfc-editor.org/rfc/rfc7617
    """
    refusal = _Refusal("Basic HTTP Authentication", (_challenge("basic"),))
    return _by_credentials(_user_and_password, verify, 2, refusal, {"type": "http", "scheme": "basic"})


def token(verify: Verify) -> Requirement:
    """Require a token, which is all of the header ``Authorization``; ``verify(token)`` says whose.

    For ``Authorization: Bearer TOKEN`` there is `bearer`.
    """
    refusal = _Refusal("Token verification", (_challenge("token"),))
    return _by_header("Authorization", verify, refusal)


def api_key(verify: Verify) -> Requirement:
    """Require a key in the header ``X-Api-Key``; ``verify(key)`` says whose."""
    refusal = _Refusal("API Key Header Authentication", (_challenge("api_key"),))
    return _by_header("X-Api-Key", verify, refusal)


def bearer(verify: Verify) -> Requirement:
    """Require ``Authorization: Bearer TOKEN``, as OAuth has it; ``verify(token)`` says whose.

    Source: https://www.rfc-editor.org/rfc/rfc6750
    """
    refusal = _Refusal("Bearer Token Authentication", ("Bearer",), ('Bearer error="invalid_token"',))
    return _by_credentials(_bearer_token, verify, 1, refusal, {"type": "http", "scheme": "bearer"})


def cookie(name: str, verify: Verify) -> Requirement:
    """Require a cookie of this name; ``verify(value)`` says whose.

    It is what an ``EventSource`` can send, which has no headers of its own.
    """
    refusal = _Refusal("Cookie Authentication", (_challenge("cookie"),))
    scheme = {"type": "apiKey", "in": "cookie", "name": name}
    return _by_credentials(lambda request: _one(request.cookies.get(name)), verify, 1, refusal, scheme)


def verify(user: str, password: str) -> Callable[[str, str], str | bool]:
    """Return a function for `basic` that knows one user, and takes the same time for every wrong password."""

    def verify_user(user_name: str, user_password: str) -> str | bool:
        right_user, right_password = _same(user_name, user), _same(user_password, password)
        return (user_name or True) if right_user and right_password else False

    return verify_user


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))


# What requests have


def _one(value: str | None) -> Credentials:
    return (value,) if value else None


def _user_and_password(request: Any) -> Credentials:
    """Return the user and the password of a request.

    Raises:
        HTTPUnauthorized: They cannot be read.
    """
    header = request.get_header("Authorization")
    if not header:
        return None
    scheme, _, encoded = header.strip().partition(" ")
    if not encoded:
        raise _malformed("Authentication header is improperly formed")
    if scheme.lower() != "basic":
        return ()
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):  # no base64, no ASCII, no UTF-8
        colon = ""
    if not colon:
        raise _malformed("Unable to determine user and password with provided encoding")
    return user, password


def _malformed(reason: str) -> HTTPUnauthorized:
    return HTTPUnauthorized("Authentication Error", reason, [_challenge("Basic")])


def _bearer_token(request: Any) -> Credentials:
    scheme, _, given = (request.get_header("Authorization") or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        return None
    return (given.strip(),) if given else ()


# What becomes of them


def _challenge(scheme: str) -> str:
    return f'{scheme} realm="simple"'


class _Refusal:
    """What clients are told that are not let in.

    Args:
        what: What credentials are called.
        required: Challenges where there are none.
        wrong: Challenges where they are wrong; default is the same.
    """

    def __init__(self, what: str, required: tuple[str, ...], wrong: tuple[str, ...] | None = None) -> None:
        self.what = what
        self._required = required
        self._wrong = required if wrong is None else wrong

    def because_of(self, verdict: Any) -> HTTPUnauthorized:
        if verdict is None:
            what = f"Please provide valid {self.what} credentials"
            return HTTPUnauthorized("Authentication Required", what, self._required)
        what = f"Provided {self.what} credentials were invalid"
        return HTTPUnauthorized("Invalid Authentication", what, self._wrong)


def _by_header(name: str, verify: Verify, refusal: _Refusal) -> Requirement:
    scheme = {"type": "apiKey", "in": "header", "name": name}
    return _by_credentials(lambda request: _one(request.get_header(name)), verify, 1, refusal, scheme)


def _by_credentials(
    find: Callable[[Any], Credentials], verify: Verify, count: int, refusal: _Refusal, scheme: dict[str, str]
) -> Requirement:
    reject_generator(verify)
    takes_context = _taker_of_context(verify, count)

    def ask(request: Any, _response: Any, offered: dict[str, Any]) -> Any:
        found = find(request)
        if not found:
            return found
        return _wrong_if_none(takes_context(found, offered.get("context")))

    # Looks for credentials never block, so an async ``verify`` is asked on the event loop.
    return _requirement(ask, refusal, is_coroutine(verify), refusal.what, scheme)


def _wrong_if_none(verdict: Any) -> Any:
    """Return what ``verify`` said of credentials; there are some, so None means as in hug 2: wrong ones."""
    if is_awaitable(verdict):

        async def later() -> Any:
            given = await verdict
            return False if given is None else given

        return later()
    return False if verdict is None else verdict


def _taker_of_context(verify: Verify, count: int) -> Callable[[tuple[str, ...], Any], Any]:
    """Return ``verify`` as a function of the credentials, of which there are ``count``, and the context.

    Raises:
        TypeError: ``verify`` takes another number of arguments.
    """
    try:
        signature = inspect.signature(verify)
    except (TypeError, ValueError):  # many builtins do not tell
        return lambda credentials, _context: verify(*credentials)
    own = list(signature.parameters.values())
    if any(each.name == "context" and each.kind is not each.VAR_POSITIONAL for each in own[count:]):
        return lambda credentials, context: verify(*credentials, context=context)
    if _fits(signature, count):
        return lambda credentials, _context: verify(*credentials)
    if _fits(signature, count + 1):
        return lambda credentials, context: verify(*credentials, context)
    raise TypeError(f"{verify!r} has to take {count} arguments, or the context of the call after them")


def _fits(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


_NO_USER: Final = (
    FunctionType,
    MethodType,
    BuiltinFunctionType,
    partial,
    GeneratorType,
    AsyncGeneratorType,
    CoroutineType,
)
"""What is true whatever it was meant to say, returned in place of what it would give."""


def _requirement(
    ask: Callable[[Any, Any, dict[str, Any]], Any],
    refusal: _Refusal,
    asynchronous: bool,
    doc: str | None,
    scheme: dict[str, str] | None,
) -> Requirement:
    """Return a requirement that admits whom ``ask`` names, of a request, a response and what is offered.

    Its attribute ``security_scheme`` is what OpenAPI documents say of it: see `hug.openapi.security`.
    """

    def admit(request: Any, verdict: Any) -> bool:
        if isinstance(verdict, _NO_USER):
            raise TypeError(f"what verifies {refusal.what} has to return a user or False, not {verdict!r}")
        if not verdict:
            raise refusal.because_of(verdict)
        request.context["user"] = verdict
        return True

    async def admit_later(request: Any, verdict: Awaitable[Any]) -> bool:
        return admit(request, await verdict)

    def authenticate(request: Any, response: Any = None, **offered: Any) -> Any:
        if request is None:  # a call that has none, such as a command, has no credentials either
            raise refusal.because_of(None)
        verdict = ask(request, response, offered)
        if is_awaitable(verdict):
            return admit_later(request, verdict)
        return admit(request, verdict)

    async def authenticate_on_loop(request: Any, response: Any = None, **offered: Any) -> Any:
        verdict = authenticate(request, response, **offered)
        return await verdict if is_awaitable(verdict) else verdict

    requirement = authenticate_on_loop if asynchronous else authenticate
    requirement.__doc__ = doc
    vars(requirement)["security_scheme"] = scheme
    return requirement
