"""Modes: settings of the running context, safe in threads and after exceptions."""

from __future__ import annotations

from contextlib import ContextDecorator
from contextvars import ContextVar, Token

recording: ContextVar[bool] = ContextVar("recording", default=True)


class no_grad(ContextDecorator):  # noqa: N801 - reads as a keyword, as everywhere in the field
    """Context manager and decorator: operations inside are computed but not recorded."""

    def __init__(self) -> None:
        self._tokens: list[Token[bool]] = []

    def __enter__(self) -> None:
        self._tokens.append(recording.set(False))

    def __exit__(self, *_: object) -> None:
        recording.reset(self._tokens.pop())
