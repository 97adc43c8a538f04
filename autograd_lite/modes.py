"""Modes: settings of the running context, safe in threads and after exceptions."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

recording: ContextVar[bool] = ContextVar("recording", default=True)
_outer: ContextVar[tuple[bool, ...]] = ContextVar("outer", default=())  # what the open blocks return to
_SUSPENDS = 0x20 | 0x80 | 0x200  # code flags of generators and coroutines


class no_grad:  # noqa: N801 - reads as a keyword, as everywhere in the field
    """Context manager and decorator: operations inside are computed but not recorded.

    It holds for this thread and task only, may be nested and entered again, and ends with an exception.
    The body of a generator or coroutine would run after it: to decorate one is a TypeError.
    """

    def __enter__(self) -> None:
        _outer.set((*_outer.get(), recording.get()))
        recording.set(False)

    def __exit__(self, *_: object) -> None:
        *outer, before = _outer.get()
        _outer.set(tuple(outer))
        recording.set(before)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        code = getattr(function, "__code__", None)
        if code is not None and code.co_flags & _SUSPENDS:
            raise TypeError(
                f"no_grad: the body of {code.co_name}, a generator or coroutine, runs after the call; "
                "write `with ag.no_grad():` inside it"
            )

        @wraps(function)
        def unrecorded(*args: P.args, **kwargs: P.kwargs) -> R:
            with no_grad():
                return function(*args, **kwargs)

        return unrecorded
