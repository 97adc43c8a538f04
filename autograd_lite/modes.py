"""Modes of the running thread or task: are operations recorded, and with their lines?"""

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

OFF, ON, WITH_LINES = 0, 1, 2  # WITH_LINES: each result keeps the user's line that computed it
recording: ContextVar[int] = ContextVar("recording", default=ON)

_outer: ContextVar[tuple[int, ...]] = ContextVar("outer", default=())  # modes to which open blocks return
_SUSPENDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class no_grad:  # noqa: N801 - reads as a keyword, as everywhere in the field
    """Context manager and decorator: operations inside are computed but not recorded.

    It holds for this thread and task only, may be nested and entered again, and ends with an exception.
    Raises TypeError if it decorates a generator or coroutine, whose body would run after it.
    """

    def __enter__(self) -> None:
        _outer.set((*_outer.get(), recording.get()))
        recording.set(OFF)

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
