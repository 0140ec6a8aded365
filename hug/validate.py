"""Validators, for ``validate=``: each takes the fields of a call and returns what is wrong with them.

A validator may be async. Those that come after an async one are called where that one has ended, on the event
loop, so sync ones that block go first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any, TypeAlias

from hug.introspect import is_awaitable

Errors: TypeAlias = dict[str, Any] | None
Validator: TypeAlias = Callable[[Mapping[str, Any]], Any]
Steps: TypeAlias = Generator[Any, Any, Errors]
"""Yields what validators return, gets it back as it is when awaited, and returns what all come to."""


def all(*validators: Validator) -> Validator:
    """Return a validator that is content when all of these are, or says what the first other one does."""

    def steps(fields: Mapping[str, Any]) -> Steps:
        for validator in validators:
            errors: Errors = yield validator(fields)
            if errors:
                return errors
        return None

    def validate_all(fields: Mapping[str, Any]) -> Any:
        return _go(steps(fields))

    return _documented(validate_all, " and ", validators)


def any(*validators: Validator) -> Validator:
    """Return a validator that is content when one of these is; else it says what all of them do."""

    def steps(fields: Mapping[str, Any]) -> Steps:
        errors: dict[str, Any] = {}
        for validator in validators:
            wrong = yield validator(fields)
            if not wrong:
                return None
            errors.update(wrong)
        return errors

    def validate_any(fields: Mapping[str, Any]) -> Any:
        return _go(steps(fields))

    return _documented(validate_any, " or ", validators)


def contains_one_of(*fields: str) -> Validator:
    """Return a validator that is content when at least one of these fields is given."""

    def need_one_of(given: Mapping[str, Any]) -> Errors:
        if given.keys().isdisjoint(fields):
            return dict.fromkeys(fields, "one of these must have a value")
        return None

    need_one_of.__doc__ = f"Must contain any one of the following fields: {', '.join(fields)}"
    return need_one_of


def _go(steps: Steps, known: Any = None) -> Any:
    """Return what ``steps`` come to; as soon as one has to be awaited, a coroutine of it."""
    try:
        while True:
            verdict = steps.send(known)
            if is_awaitable(verdict):
                return _go_on(steps, verdict)
            known = verdict
    except StopIteration as end:
        return end.value


async def _go_on(steps: Steps, verdict: Awaitable[Any]) -> Any:
    rest = _go(steps, await verdict)
    return await rest if hasattr(rest, "__await__") else rest


def _documented(validator: Validator, joined_by: str, of: tuple[Validator, ...]) -> Validator:
    validator.__doc__ = joined_by.join(each.__doc__ or each.__name__ for each in of)
    return validator
