"""The one JSON of hug: whatever a handler returns or an event carries, as text. Pure functions.

Beyond what JSON has, hug knows dates and times, bytes, `decimal.Decimal`, `fractions.Fraction`, `uuid.UUID`,
IP addresses and networks, paths, enum members, dataclasses, attrs classes, named tuples, msgspec structs,
models and types of pydantic, NumPy scalars and arrays, mappings, and every iterable. An object can speak for
itself with ``__native_types__()``; `register` teaches hug anything else. Optional packages are recognised by
their objects, so none of them is imported here.
"""

import base64
import dataclasses
import json
import marshal
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import lru_cache, singledispatch
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from itertools import accumulate
from json import encoder as _stdlib
from pathlib import PurePath
from typing import Any, Final, NoReturn, TypeVar
from uuid import UUID

import msgspec

_Converter = TypeVar("_Converter", bound=Callable[[Any], object])
_SURROGATE = re.compile(r"\\u[dD]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEP = tuple({"[": 1, "{": 1, "]": -1, "}": -1}.get(chr(byte), 0) for byte in range(256))
_SCALARS = frozenset((str, int, float, bool, type(None)))
_PYDANTIC = frozenset(("pydantic", "pydantic_core"))


MOST_DEPTH: Final = 200
"""Levels of lists and objects that are read: what a handler gets can be walked and written by recursion."""

MOST_MEMBERS: Final = 100_000
"""Members that JSON from clients may have in all its lists and objects: its commas and opening brackets.

Python makes them in one go, and all threads wait: some hundredths of a second for so many.
"""


def dumps(
    value: object,
    *,
    indent: int | str | None = None,
    ensure_ascii: bool = False,
    separators: tuple[str, str] | None = None,
    allow_nan: bool = True,
    sort_keys: bool = False,
) -> str:
    """Return ``value`` as JSON for a response; the keywords are those of `json.dumps`.

    NaN and Infinity are written as Python writes them, as hug always did; ``allow_nan=False`` refuses them.

    Raises:
        TypeError: ``value`` holds something without a converter, or a key JSON cannot have.
        ValueError: ``value`` contains itself, or a number that is refused.
    """
    return _text(_encoder(indent, ensure_ascii, separators, allow_nan, sort_keys), value)


def dump(value: object) -> bytes:
    """Return what `dumps` without options gives, in UTF-8.

    Raises:
        TypeError: as `dumps`.
        ValueError: as `dumps`.
    """
    text = _text(_encode, value)
    # A lone surrogate has no UTF-8; the replacement happens to be its JSON escape.
    return text.encode() if text.isascii() else text.encode("utf-8", "backslashreplace")


def dump_line(value: object) -> str:
    """Return ``value`` as one compact line of JSON that every client can parse and UTF-8 can carry.

    Raises:
        TypeError: as `dumps`.
        ValueError: as `dumps`; NaN and Infinity are refused, because ``JSON.parse`` in a browser is.
    """
    line = _text(_encode_line, value)
    # A lone surrogate, as a client's JSON may hold, has no UTF-8; the replacement is its JSON escape.
    return line if line.isascii() else line.encode("utf-8", "backslashreplace").decode()


def loads(text: str | bytes | bytearray, most_members: int | None = None, *, allow_nan: bool = True) -> Any:
    """Return the value that ``text`` stands for.

    Args:
        text: JSON; bytes in UTF-8, UTF-16 or UTF-32.
        most_members: Most members that its lists and objects may have together, None for any number.
        allow_nan: Whether it may have NaN, Infinity, and numbers too large for a float.

    Raises:
        ValueError: It is not JSON, nested deeper than `MOST_DEPTH`, or has too many members.
    """
    if not isinstance(text, str):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    # Each level takes two brackets, and a member one character.
    if len(text) > 2 * MOST_DEPTH or (most_members is not None and len(text) > most_members):
        _check_bounds(text, most_members)
    try:
        if allow_nan or text.startswith("\ufeff"):  # a mark that is refused with a word of its own
            return json.loads(text)
        return _strict.decode(text)
    except RecursionError:
        raise ValueError("JSON is nested too deep") from None


def loads_unicode(text: str | bytes, most_members: int | None = MOST_MEMBERS) -> Any:
    """Return the value that ``text``, which a client has sent, stands for.

    Raises:
        ValueError: As `loads`; or a text in it has a lone surrogate, which nothing could write in UTF-8, or a
            number is not finite.

    Source: https://www.rfc-editor.org/rfc/rfc7493#section-2.1
    """
    if not isinstance(text, str):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    value = loads(text, most_members, allow_nan=False)
    if _SURROGATE.search(text):
        try:
            dumps(value).encode()
        except UnicodeEncodeError:
            raise ValueError("a text in it has a lone surrogate, which is no Unicode") from None
    return value


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number in it is too large")
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_strict = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)


def _check_bounds(text: str, most_members: int | None) -> None:
    """Raise ValueError if ``text`` is nested too deep or has too many members, before any of it is made.

    Nothing here takes a step of Python for each character of ``text``, and malformed JSON passes as far as it
    is bounded up to its first mistake, where `json.loads` stops.
    """
    outside = text
    for is_sure in (False, True):
        openings = outside.count("[") + outside.count("{")
        many = most_members is not None and openings + outside.count(",") > most_members
        if not many and openings <= MOST_DEPTH:
            return
        if not is_sure:  # those in texts do not count
            outside = _outside_texts(text, most_members)
    if many:
        raise ValueError(_too_many(most_members))
    brackets = outside.encode("ascii", "replace").translate(None, _NO_BRACKETS)
    if max(accumulate(map(_STEP.__getitem__, brackets))) > MOST_DEPTH:
        raise ValueError(f"JSON is nested too deep: {MOST_DEPTH} levels are the most")


def _outside_texts(text: str, most_members: int | None) -> str:
    """Return JSON without its texts."""
    quoted = text.replace("\\\\", "").replace('\\"', "")
    # A member is a text at most, and the name of it another.
    if most_members is not None and quoted.count('"') > 4 * (most_members + 1):
        raise ValueError(_too_many(most_members))
    return "".join(quoted.split('"')[::2])


def _too_many(most_members: int | None) -> str:
    return f"JSON has too many members: {most_members} are the most in all its lists and objects"


def register(*types: type) -> Callable[[_Converter], _Converter]:
    """Decorate a function that turns instances of ``types`` into something JSON, or hug, already knows.

    It serves subclasses too, unless one has a converter of its own, and replaces hug's own converter for the
    type. Types that JSON has (`str`, `int`, `float`, `list`, `tuple`, `dict`) never ask a converter.
    """

    def decorate(function: _Converter) -> _Converter:
        for kind in types:
            _converted.register(kind, function)
        return function

    return decorate


def convert(value: object) -> object:
    """Return what stands for ``value`` in JSON; its parts may need converting in turn.

    This is a ``default`` for `json.dumps`: it is made for the values that JSON itself does not know.

    Raises:
        TypeError: there is no converter for ``value``.
    """
    native = getattr(type(value), "__native_types__", None)
    return _unnamed(native(value) if native else _converted(value))


@singledispatch
def _converted(value: Any) -> object:
    """Convert by what the object can do, for want of a converter registered for its type."""
    kind = type(value)
    if hasattr(kind, "__struct_fields__"):
        # As msgspec itself writes it, with its tags and renamed fields, so that msgspec reads it back.
        return msgspec.to_builtins(value, str_keys=True, enc_hook=convert)
    if hasattr(kind, "model_dump"):
        return value.model_dump(mode="json")
    if hasattr(kind, "__attrs_attrs__"):
        return {field.name: getattr(value, field.name) for field in kind.__attrs_attrs__}
    if dataclasses.is_dataclass(kind):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(kind)}
    if hasattr(kind, "__await__") or isinstance(value, Future):  # before iterables: some can be iterated over
        raise TypeError(f"cannot turn {kind.__qualname__} into JSON: {_not_awaited(value)}")
    if hasattr(kind, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    if hasattr(kind, "__aiter__"):
        raise TypeError(
            f"cannot turn {kind.__qualname__} into JSON: what comes in the course of time is a stream of "
            "events, and for functions with @hug.sse"
        )
    if any(each.__module__.partition(".")[0] in _PYDANTIC for each in kind.__mro__):
        # A secret is asterisks to it; some of its types it cannot write alone.
        with suppress(ValueError):
            return sys.modules["pydantic_core"].to_jsonable_python(value)
    raise TypeError(
        f"cannot turn {kind.__qualname__} into JSON: "
        f"decorate a converter for it with hug.output_format.json_convert({kind.__qualname__})"
    )


def _not_awaited(value: Any) -> str:
    if not hasattr(value, "result"):
        return "was it to be awaited?"
    return "this is a reply, not yet the answer: await it, or in a thread ask for its result()"


@register(date, time)
def _iso_format(value: date | time) -> str:
    return value.isoformat()


@register(timedelta)
def _seconds(value: timedelta) -> float:
    return value.total_seconds()


@register(Decimal, Fraction, UUID, PurePath, IPv4Address, IPv4Network, IPv6Address, IPv6Network)
def _as_text(value: object) -> str:
    return str(value)


@register(Enum)
def _enum_value(member: Enum) -> object:
    return member.value


@register(bytes)
def _text_or_base64(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def _text(encode: Callable[[object], str], value: Any) -> str:
    try:
        return encode(_unnamed(value))
    except RecursionError:
        raise ValueError("cannot turn into JSON a value that contains itself or is nested too deep") from None
    except ValueError as error:
        if str(error).startswith("Out of range float"):
            raise ValueError("JSON has no NaN and no Infinity: send None, or text, in their place") from None
        raise


def _unnamed(value: Any) -> Any:
    """Return ``value`` without named tuples, which the standard encoder would write as arrays.

    marshal refuses them, as all but built-in types, and looks five times faster than a walk in Python.
    """
    try:
        marshal.dumps(value)
    except ValueError:
        return _as_dicts(value)
    return value


def _as_dicts(value: object) -> object:
    """Return ``value`` with every named tuple in its lists and dicts replaced by a dict."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {key: part if type(part) in _SCALARS else _as_dicts(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [part if type(part) in _SCALARS else _as_dicts(part) for part in value]
    return value


@lru_cache(maxsize=64)
def _encoder(
    indent: int | str | None = None,
    ensure_ascii: bool = False,
    separators: tuple[str, str] | None = None,
    allow_nan: bool = True,
    sort_keys: bool = False,
) -> Callable[[object], str]:
    """Return a function from a value to JSON text, built once for its settings."""
    make: Any = getattr(_stdlib, "c_make_encoder", None)
    if make is None or indent is not None:
        return json.JSONEncoder(
            indent=indent,
            ensure_ascii=ensure_ascii,
            separators=separators,
            allow_nan=allow_nan,
            sort_keys=sort_keys,
            check_circular=False,
            default=convert,
        ).encode
    # `json.JSONEncoder` builds this object anew for each value, which takes longer than a small value does.
    quote = _stdlib.encode_basestring_ascii if ensure_ascii else _stdlib.encode_basestring
    between, after_key = separators or (", ", ": ")
    parts = make(None, convert, quote, None, after_key, between, sort_keys, False, allow_nan)
    return lambda value: "".join(parts(value, 0))


_encode = _encoder()
_encode_line = _encoder(separators=(",", ":"), allow_nan=False)
