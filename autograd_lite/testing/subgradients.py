"""The check at kinks and ties, where there is no derivative: any subgradient is right, and nothing else.

Let D(d) be the one-sided derivative along a direction d. For an output that is convex near the inputs, as
far as the directions tried show, a gradient v is right if -D(-d) <= v d <= D(d) for every d; for a concave
one, if the opposite inequalities hold. Nothing is demanded of other outputs.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.testing.failure import RuleError
from autograd_lite.testing.numerical import one_sided, value_at
from autograd_lite.testing.run import Run
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import nudge

_TOLERANCE = 1e-6
_MANY = 12  # coordinates, and outputs, that are tried


def check_subgradients(run: Run) -> None:
    """Check the gradients of one output at a time; raise a RuleError if one is not a subgradient."""
    if _numbers(run).size > _MANY:
        return
    tried = np.array(list(_directions(run)))
    up, up_error = _slopes(run, tried)
    down, down_error = _slopes(run, -tried)
    error = up_error + down_error
    size = np.abs(up) + np.abs(down)
    known = np.isfinite(up + down) & (error <= 1e-4 * np.maximum(size, 1e-12))
    bent = known & (np.abs(up + down) > _TOLERANCE * size)
    for output in np.flatnonzero(bent.any(axis=0))[:_MANY]:
        if not known[:, output].all() or not _is_curved(tried, up[:, output], down[:, output]):
            continue
        g = np.zeros(np.shape(run.y))
        g.flat[output] = 1.0
        g = g[()]
        claimed = _flat(run.gradients(g))
        for k, direction in enumerate(tried):
            ends = sorted((up[k, output], -down[k, output]))
            parts = claimed * direction
            slack = _TOLERANCE * size[k, output] + 10 * error[k, output] + 1e-12 * np.abs(parts).sum()
            got = float(parts.sum())
            inside = ends[0] - slack <= got <= ends[1] + slack
            if not inside and not _is_noise(run, g, got, direction, ends, slack):
                raise _failure(run, direction, got, ends, int(output))


def _flat(arrays: Sequence[Any]) -> Any:
    """Return all numbers of arrays in one vector: the variables, their gradients, or a direction."""
    return np.concatenate([np.ravel(x) for x in arrays]).astype(float)


def _numbers(run: Run) -> Any:
    return _flat([run.inputs[p] for p in run.example.variables])


def _mixed(run: Run, k: int) -> Any:
    return _flat([weights(np.shape(run.inputs[p]), k + i) for i, p in enumerate(run.example.variables)])


def _directions(run: Run) -> Iterator[Any]:
    """Yield every coordinate, every group of equal numbers, all together, and mixed directions."""
    numbers = _numbers(run)
    yield from np.eye(numbers.size)
    for number, count in zip(*np.unique(numbers, return_counts=True), strict=True):
        if 1 < count < numbers.size:
            yield (numbers == number).astype(float)
    if numbers.size > 1:
        yield np.ones(numbers.size)
    for k in (0, 4, 9):
        yield _mixed(run, k)


def has_kink(run: Run) -> bool:
    """Return True if outputs bend along a direction of all variables, or coordinates do not add up."""
    d = _mixed(run, 1)
    coordinates = np.eye(min(d.size, _MANY), d.size)
    (up, down, *slopes), errors = _slopes(run, [d, -d, *(coordinates * d)])
    slack = 1e-4 * (np.abs(up) + np.abs(down)) + 10 * errors.sum(axis=0)
    added = d.size > _MANY or not (np.abs(up - sum(slopes)) > slack).any()
    return not added or bool((np.abs(up + down) > slack).any())


def _slopes(run: Run, directions: Any) -> Any:
    """Return one-sided derivatives, a row for each direction and a column for each output; and errors."""
    return np.array([one_sided(partial(_change, run, d)) for d in directions]).swapaxes(0, 1)


def _change(run: Run, direction: Any, t: float) -> Any:
    """Return how much each output changes for a step along a direction; NaN if there is no value."""
    moved = list(run.inputs)
    for position in run.example.variables:
        x = run.inputs[position]
        moved[position] = x + t * direction[: x.size].reshape(x.shape)
        direction = direction[x.size :]
    y = value_at(run.forward, moved)
    return np.ravel((y if y.shape == np.shape(run.y) else np.full(np.shape(run.y), np.nan)) - run.y)


def _is_curved(tried: Any, up: Any, down: Any) -> bool:
    """Return True if the function may be convex or concave: D agrees in all directions tried.

    It bends one way along every line, and along a sum of coordinates it is at most (at least) the sum. The
    coordinates come first in `tried`; `up` and `down` are D(d) and D(-d).
    """
    slack = _TOLERANCE * (np.abs(up) + np.abs(down))
    for sign in (1.0, -1.0):
        if not (sign * (up + down) >= -slack).all():
            continue
        for k, direction in enumerate(tried):
            for along, ahead, back in ((up[k], up, down), (down[k], down, up)):
                parts = [abs(t) * (ahead if t > 0 else back)[i] for i, t in enumerate(direction) if t]
                if not sign * (sum(parts) - along) >= -1e-5 * sum(map(abs, parts)) - slack[k]:
                    return False
        return True
    return False


def _is_noise(run: Run, g: Any, got: float, direction: Any, ends: Sequence[float], slack: float) -> bool:
    """Return True if the rule gives other wrong numbers a few roundings away: near a tie, not at one."""
    for k in (-3, -2, -1, 1, 2, 3):
        inputs = [nudge(x, k) for x in run.inputs]
        y = np.asarray(run.forward(*inputs), float)[()]
        other = float((_flat(run.gradients(g, inputs, y)) * direction).sum())
        inside = ends[0] - slack <= other <= ends[1] + slack
        if not inside and abs(other - got) > 0.01 * abs(got):
            return True
    return False


def _failure(run: Run, direction: Any, got: float, ends: Sequence[float], output: int) -> RuleError:
    first = int(np.flatnonzero(direction)[0])
    for position in run.example.variables:
        if first < run.inputs[position].size:
            break
        first -= run.inputs[position].size
    together = np.count_nonzero(direction) > 1
    low, high = (round(end, 6) + 0.0 for end in ends)
    allowed = f"{low:g}" if high - low < 1e-5 else f"between {low:g} and {high:g}"
    index = np.unravel_index(output, np.shape(run.y))
    of_output = f"of output [{', '.join(map(str, index))}] " if index else ""
    where = "with all tied entries moving together, " if together else ""
    return RuleError(
        "subgradient",
        position,
        f"at the kink, {where}the gradient {of_output}for g = 1 is {got + 0.0:.6g}; it must be {allowed}",
        None if together else tuple(map(int, np.unravel_index(first, run.inputs[position].shape))),
        got,
        low if got < low else high,
    )
