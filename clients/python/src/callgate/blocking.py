"""How the blocking client has the verbs of the asynchronous one: each is run to its end in one step.

A verb is written once, as a coroutine or an asynchronous generator. `blocking` and `iterating` make the method of the same
parameters and docstring of it, for a class that has the asynchronous object.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from functools import update_wrapper
from inspect import signature
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast, get_args, get_origin

P = ParamSpec("P")
T = TypeVar("T")
Verbs = TypeVar("Verbs")
Verbs_co = TypeVar("Verbs_co", covariant=True)


class Blocking(Protocol[Verbs_co]):
    """What runs the verbs of an asynchronous object."""

    @property
    def _asynchronous(self) -> Verbs_co: ...


class BlockingNoun(Generic[Verbs]):
    """A noun of the blocking client, made of the asynchronous one."""

    def __init__(self, asynchronous: Verbs) -> None:
        self._asynchronous = asynchronous


def blocking(verb: Callable[Concatenate[Verbs_co, P], Awaitable[T]]) -> Callable[Concatenate[Blocking[Verbs_co], P], T]:
    """The verb, with the same parameters and docstring, as a method that returns its result."""

    def run(blocks: Blocking[Verbs_co], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return _result(verb(blocks._asynchronous, *args, **kwargs))

    describe(run, verb)
    return run


def iterating(
    verb: Callable[Concatenate[Verbs_co, P], AsyncIterator[T]],
) -> Callable[Concatenate[Blocking[Verbs_co], P], Iterator[T]]:
    """The verb, with the same parameters and docstring, as a method that returns an iterator."""

    def run(blocks: Blocking[Verbs_co], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return _each(cast(AsyncGenerator[T, None], verb(blocks._asynchronous, *args, **kwargs)))

    describe(run, verb)
    return run


def describe(run: Any, verb: Any, returned: Any = None) -> None:
    """For help() and inspect. Type checkers and editors take the same from the types above.

    `returned` is what the verb returns here, where that is of another type.
    """
    update_wrapper(run, verb, assigned=("__name__", "__doc__"))
    run.__qualname__ = verb.__qualname__.removeprefix("Async")
    told = signature(verb)
    if get_origin(told.return_annotation) is AsyncIterator:
        returned = Iterator[get_args(told.return_annotation)]  # type: ignore[misc]
    run.__signature__ = told.replace(return_annotation=returned or told.return_annotation)


def _result(step: Awaitable[T]) -> T:
    """The result of what never suspends, because all that it awaits comes from a BlockingTransport."""
    try:
        next(step.__await__())
    except StopIteration as end:
        return cast(T, end.value)
    raise RuntimeError("a verb of the blocking client has suspended; report this defect of the SDK")


def _each(stream: AsyncGenerator[T, None]) -> Iterator[T]:
    try:
        while True:
            yield _result(anext(stream))
    except StopAsyncIteration:
        return
    finally:
        _result(stream.aclose())
