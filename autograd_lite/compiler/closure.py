"""A comparison of what a function has read from its surroundings with what is there now."""

import pickle
from collections import deque
from collections.abc import Callable, Collection
from operator import is_
from typing import Any

from autograd_lite.compiler import state
from autograd_lite.compiler.calls import Calls, reads
from autograd_lite.compiler.search import DEFAULT, Search
from autograd_lite.tensor import Tensor


class ClosureWatcher:
    """Watches what f, and each function that runs with it, has read from its surroundings."""

    def __init__(self, f: Callable[..., Any], optimizer: Any = None) -> None:
        self._f = f
        self._optimizer = optimizer
        self.calls = Calls(f)
        self._search = Search(f, optimizer, self.calls)
        self._before = self._contents()
        self._spoiled: set[int] = set()
        self._counters: set[Any] = set()
        self._values: list[Any]
        self._byte_readers: list[Callable[[], Any]]
        self._bytes: list[Any]
        self.mark()
        self._restart()

    def mark(self) -> None:
        """Remember the state before the last run of f."""
        self._marked = self._contents()
        self._drawn = [pickle.dumps(x.state) for x in self._search.generators]

    def settle(self, drawn: Collection[Any]) -> None:
        """Watch what f has read. Raise an error if a program cannot repeat what f does.

        `drawn` are the generators of random numbers that are inputs of the program.
        """
        self._refuse_changes(drawn)
        self._search = Search(self._f, self._optimizer, self.calls, self._counters)
        if self._search.iterator:
            raise _unrepeatable(f"takes values from {self._search.iterator}, which is used up")
        self._restart()

    def undo(self) -> None:
        """Put back what f has changed, where it left a value of the trace."""
        for _, owner, before in self._before:
            if id(owner) in self._spoiled or state.kept_tracers(owner, before):
                self._spoiled.add(id(owner))
                state.put_back(owner, before)

    def unchanged(self) -> bool:
        """True if all that was read is still the same."""
        try:
            now = self._read()
        except (KeyError, ValueError, AttributeError):  # a variable was deleted
            return False
        if [read() for read in self._byte_readers] != self._bytes or len(now) != len(self._values):
            return False
        if all(map(is_, now, self._values)):
            return True
        if not all(map(state.same, now, self._values)):
            return False
        self._values = now
        if self._bytes:  # an array may be replaced by an equal one
            self._search = Search(self._f, self._optimizer, self.calls, self._counters)
            self._restart()
        return True

    def tensors(self) -> list[Tensor]:
        """Return the tensors that f may reach, each once."""
        return self._search.tensors

    def _restart(self) -> None:
        self._values = self._read()
        self._byte_readers = [state.reader_of_bytes(x) for x in self._search.arrays]
        self._bytes = [read() for read in self._byte_readers]

    def _read(self) -> list[Any]:
        now: list[Any] = []
        for get, owner in self._search.readers:
            now += get(owner)
        return now

    def _contents(self) -> list[tuple[str, Any, dict[Any, Any]]]:
        return [(name, owner, state.content(owner)) for name, owner in self._search.owners]

    def _refuse_changes(self, drawn: Collection[Any]) -> None:
        for name, owner, before in self._before:
            if kept := state.kept_tracers(owner, before):
                raise TypeError(
                    f"compile: the function keeps a value in {name or kept[0]}, which its program would not "
                    "do; return the value from the function"
                )
        counts = reads(self.calls.codes)
        for name, owner, before in self._marked:
            for key in state.changes(owner, before):
                # A counter that nothing depends on is read once, to add to it.
                shrinks = isinstance(owner, list | deque | set) and len(owner) < len(before)
                if counts[name or key] > 1 or name == DEFAULT or shrinks:
                    self._spoiled.add(id(owner))
                    raise _unrepeatable(f"uses {name or key}, which it changes")
                self._counters |= {id(owner)} if name else {(id(owner), key)}
        for bits, drawn_before in zip(self._search.generators, self._drawn, strict=True):
            if bits not in drawn and pickle.dumps(bits.state) != drawn_before:
                raise _unrepeatable("draws random numbers of its own")
        if self.calls.unrepeatable:
            raise _unrepeatable(f"calls {self.calls.unrepeatable}")


def _unrepeatable(what: str) -> ValueError:
    return ValueError(
        f"compile: the function {what}, but a program always computes the same; pass what changes as an "
        "argument"
    )
