"""Sessions: what a client is known by, and what is kept of it between requests."""

from __future__ import annotations

import copy
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Self

import falcon

from hug.exceptions import StoreKeyNotFound
from hug.introspect import is_awaitable, is_coroutine
from hug.store import Store
from hug.web.middleware import Host
from hug.web.threads import helpers
from hug.web.without_waiting import finish

SameSite = Literal["Lax", "Strict", "None"]

_ID: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._~:+=@-]{0,255}")
"""What an id may be that a client sends; a store may make file names of ids, say."""


_GONE: Final = object()


@dataclass(slots=True)
class _Session:
    """What is known of the session of a request.

    Attributes:
        id: That of the client's cookie, if the store knows it.
        replaced: One that is to go.
        before: What the store had when the request came.
        loaded: Whether the request has come so far.
    """

    id: str | None = None
    replaced: str | None = None
    before: Any = None
    loaded: bool = False


class SessionMiddleware:
    """Keeps ``request.context["session"]``, a dictionary, for the next request of the same client.

    It is read from the store when a request comes, and saved with every response; that of a stream when it
    begins. An id that the store does not know is never taken on: the client gets a new one, so that nobody
    can make another's browser use an id of his choice. Of two requests of one session at the same time, both
    begin with what the store has, and each saves the keys that it has changed or deleted itself: the one that
    ends last decides about a key that both have changed. One that is deleted from the context, or set to
    None, is emptied.
    """

    def __init__(
        self,
        store: Store,
        context_name: str = "session",
        cookie_name: str = "sid",
        cookie_expires: datetime | None = None,
        cookie_max_age: int | None = None,
        cookie_domain: str | None = None,
        cookie_path: str | None = "/",
        cookie_secure: bool = True,
        cookie_http_only: bool = True,
        cookie_same_site: SameSite | None = "Lax",
    ) -> None:
        """Make sessions that are kept in ``store``.

        Args:
            store: See `hug.store.Store`; its methods may be async.
            context_name: Where the session is in the request's context.
            cookie_name: The cookie's name.
            cookie_expires: When the cookie is to be forgotten; default is when the browser ends.
            cookie_max_age: The same, in seconds from the latest response.
            cookie_domain: The domain whose hosts all get the cookie; default is the one host.
            cookie_path: Below which path the cookie is sent; None is for that of the request it came from.
            cookie_secure: Whether it is only sent by HTTPS, or to this machine.
            cookie_http_only: Whether it is kept from scripts.
            cookie_same_site: Which pages of other sites it is sent from: with ``Lax``, links to this one;
                with ``None``, as text, all, so that an ``EventSource`` there can have it.

        Raises:
            KeyError: A name that no cookie can have.
            ValueError: Another option that no cookie can have, or ``None`` for one that is not secure.
        """
        if cookie_same_site == "None" and not cookie_secure:
            raise ValueError("browsers take no cookie with cookie_same_site='None' unless it is secure")
        self.store = store
        self.context_name = context_name
        self.cookie_name = cookie_name
        self._cookie: dict[str, Any] = {
            "expires": cookie_expires,
            "max_age": cookie_max_age,
            "domain": cookie_domain,
            "path": cookie_path,
            "secure": cookie_secure,
            "http_only": cookie_http_only,
            "same_site": cookie_same_site,
        }
        falcon.Response().set_cookie(cookie_name, "id", **self._cookie)  # raises now what it would later
        methods = (getattr(store, name) for name in ("get", "exists", "set", "delete"))
        self._blocking = getattr(store, "blocking", True) and not any(map(is_coroutine, methods))
        self._call: Callable[..., Awaitable[Any]] = helpers.run

    def served_by(self, host: Host) -> Self:
        """Return the same, with sync stores called where ``host`` calls what may block."""
        hosted = copy.copy(self)
        hosted._call = host.call
        return hosted

    def generate_sid(self) -> str:
        """Return a new id, which nobody can guess: 256 random bits."""
        return secrets.token_urlsafe(32)

    def renew(self, request: Any) -> None:
        """Give the session of ``request`` a new id with the response, and forget the old one.

        To be done when somebody logs in: who has learned the id before is not logged in with it.
        """
        session = self._session(request)
        session.replaced = session.replaced or session.id
        session.id = None

    async def process_request(self, request: Any, _response: Any) -> None:
        """Load the session."""
        await self._step(self._load, request)

    async def process_response(
        self, request: Any, response: Any, _resource: Any, _req_succeeded: bool
    ) -> None:
        """Save the session, and tell the client its id."""
        if self._session(request).loaded:
            await self._step(self._save, request, response)

    async def _step(self, step: Callable[..., Any], *args: Any) -> None:
        if self._blocking:
            await self._call(lambda: finish(step(*args)))
        else:
            await step(*args)

    async def _load(self, request: Any) -> None:
        session, data = self._session(request), {}
        asked = request.cookies.get(self.cookie_name)
        if asked is not None and _ID.fullmatch(asked) and (kept := await self._kept(asked)) is not _GONE:
            # Its own, so that requests with the id from before `renew` do not see what comes after.
            data = copy.copy(kept)
            session.id, session.before = asked, _apart(kept)
        request.context[self.context_name] = {} if data is None else data
        session.loaded = True

    async def _kept(self, sid: str) -> Any:
        """Return what the store has, `_GONE` if it has nothing."""
        if not await _value(self.store.exists(sid)):
            return _GONE
        try:
            return await _value(self.store.get(sid))
        except StoreKeyNotFound:  # since then
            return _GONE

    async def _save(self, request: Any, response: Any) -> None:
        session, data = self._session(request), request.context.get(self.context_name)
        if data is None:
            data = {}  # a session that is taken away, or set to None, is ended
        if session.replaced is not None:
            await _value(self.store.delete(session.replaced))
            session.replaced = None
        new = session.id is None
        if session.id is None:
            session.id = self.generate_sid()
        else:
            now = await self._kept(session.id)
            if now is _GONE:
                return  # forgotten meanwhile; the client may have another id by now
            data = _merged(session.before, data, now)
        await _value(self.store.set(session.id, data))
        if new:
            _make_private(response)
        if new or not _is_shared(response):
            response.set_cookie(self.cookie_name, session.id, **self._cookie)

    def _session(self, request: Any) -> _Session:
        session: _Session = request.scope.setdefault(f"hug.session:{self.context_name}", _Session())
        return session


def _apart(data: Any) -> Any:
    """Return a copy of a session that stays as it is, whatever is done to ``data``."""
    return {key: _copied(value) for key, value in data.items()} if isinstance(data, dict) else None


def _copied(value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception:  # whatever applications keep: locks, connections
        return value


def _merged(before: Any, after: Any, now: Any) -> Any:
    """Return what a store has ``now``, with what a request has changed that made ``after`` of ``before``."""
    if not (isinstance(before, dict) and isinstance(after, dict) and isinstance(now, dict)):
        return after
    merged = copy.copy(now)
    for key in before.keys() - after.keys():
        merged.pop(key, None)
    merged.update(
        (key, value) for key, value in after.items() if key not in before or not _same(before[key], value)
    )
    return merged


def _same(one: Any, other: Any) -> bool:
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:  # such as arrays, which compare one by one
        return False


_SHARING: Final = frozenset({"public", "s-maxage", "max-age"})
"""What lets caches that serve several clients keep an answer, unless `_NOT_SHARING` is there.

Source: https://www.rfc-editor.org/rfc/rfc9111#name-storing-responses-in-caches
"""
_NOT_SHARING: Final = frozenset({"private", "no-store"})


def _is_shared(response: Any) -> bool:
    names = {_name(each) for each in _cache_control(response)}
    return not names.isdisjoint(_SHARING) and names.isdisjoint(_NOT_SHARING)


def _make_private(response: Any) -> None:
    if _is_shared(response):
        kept = [each for each in _cache_control(response) if _name(each) not in ("public", "s-maxage")]
        response.set_header("Cache-Control", ", ".join(("private", *kept)))


def _cache_control(response: Any) -> list[str]:
    return [each.strip() for each in (response.get_header("Cache-Control") or "").split(",")]


def _name(directive: str) -> str:
    return directive.partition("=")[0].strip().lower()


async def _value(value: Any) -> Any:
    return await value if is_awaitable(value) else value
