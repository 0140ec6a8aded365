"""Functions that are decorated by others first."""

import functools

import hug


def counted(function):
    @hug.wraps(function)
    def wrapper(*args, **kwargs):
        calls.append(function.__name__)
        return function(*args, **kwargs)

    return wrapper


def plainly(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return ["wrapped", function(*args, **kwargs)]

    return wrapper


calls = []


@hug.get("/counted")
@counted
def of_hug(number: int, name="x"):
    """Counted"""
    return [number, name]


@hug.get("/plainly")
@plainly
def of_functools(number: int, name="x"):
    """Plainly"""
    return [number, name]


@hug.get("/calls")
def called():
    return calls


@hug.decorators.auto_kwargs
def with_kwargs(name):
    return name


@hug.get("/kwargs")
def kwargs():
    return with_kwargs(name="x", other="ignored")
