"""The check at kinks and ties, where there is no derivative: any subgradient is right, and nothing else.

Let D(d) be the one-sided derivative along a direction d. For an output that is convex near the inputs, as
far as the directions tried show, a gradient v is right if -D(-d) <= v d <= D(d) for every d; for a concave
one, if the opposite inequalities hold. Nothing is demanded of other outputs.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite.testing.failure import RuleError
from autograd_lite.testing.numerical import one_sided, value_at
from autograd_lite.testing.run import Run
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import nudge

_TOLERANCE = 1e-6
_MANY = 12  # coordinates, and outputs, that are tried

Direction = list[Any]  # an array for each variable


def check_subgradients(run: Run) -> None:
    """Check the gradients of one output at a time; raise a RuleError if one is not a subgradient."""
    if sum(x.size for x in _variables(run)) > _MANY:
        return
    tried = list(_directions(run))
    forwards = [_slopes(run, d) for d in tried]
    backwards = [_slopes(run, [-part for part in d]) for d in tried]
    up, up_error = _columns(forwards)
    down, down_error = _columns(backwards)
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
        claimed = run.gradients(g)
        for k, direction in enumerate(tried):
            ends = sorted((up[k, output], -down[k, output]))
            gross = sum(float(np.abs(c * d).sum()) for c, d in zip(claimed, direction, strict=True))
            slack = _TOLERANCE * size[k, output] + 10 * error[k, output] + 1e-12 * gross
            got = _derivative_along(claimed, direction)
            inside = ends[0] - slack <= got <= ends[1] + slack
            if not inside and not _is_noise(run, g, got, direction, ends, slack):
                raise _failure(run, direction, got, ends, int(output))


def _variables(run: Run) -> list[Any]:
    return [np.asarray(run.inputs[p], float) for p in run.example.variables]


def _columns(slopes: list[tuple[Any, Any]]) -> Any:
    """Return values and errors of slopes with a row for each direction and a column for each output."""
    return np.array(slopes).swapaxes(0, 1).reshape(2, len(slopes), -1)


def has_kink(run: Run) -> bool:
    """Return True if outputs bend along a direction of all variables, or coordinates do not add up."""
    xs = _variables(run)
    d = [weights(x.shape, 1 + i) for i, x in enumerate(xs)]
    up, up_error = _slopes(run, d)
    down, down_error = _slopes(run, [-part for part in d])
    error = up_error + down_error
    total = 0.0 * up
    for coordinate in islice(_coordinates(xs), _MANY):
        slope, uncertain = _slopes(run, [c * part for c, part in zip(coordinate, d, strict=True)])
        total = total + slope
        error = error + uncertain
    slack = 1e-4 * (np.abs(up) + np.abs(down)) + 10 * error
    all_tried = sum(x.size for x in xs) <= _MANY
    return bool((np.abs(up + down) > slack).any() or (all_tried and (np.abs(up - total) > slack).any()))


def _coordinates(xs: Sequence[Any]) -> Iterator[Direction]:
    for i, x in enumerate(xs):
        for entry in np.ndindex(x.shape):
            unit = [np.zeros(other.shape) for other in xs]
            unit[i][entry] = 1.0
            yield unit


def _is_curved(tried: Sequence[Direction], up: Any, down: Any) -> bool:
    """Return True if the function may be convex or concave: D agrees in all directions tried.

    It bends one way along every line, and along a sum of coordinates it is at most (at least) the sum. The
    coordinates come first in `tried`; `up` and `down` are D(d) and D(-d).
    """
    slack = _TOLERANCE * (np.abs(up) + np.abs(down))
    for sign in (1.0, -1.0):
        if not (sign * (up + down) >= -slack).all():
            continue
        for k, direction in enumerate(tried):
            steps = np.concatenate([np.ravel(part) for part in direction])
            for along, ahead, back in ((up[k], up, down), (down[k], down, up)):
                parts = [abs(t) * (ahead if t > 0 else back)[i] for i, t in enumerate(steps) if t]
                if not sign * (sum(parts) - along) >= -1e-5 * sum(map(abs, parts)) - slack[k]:
                    return False
        return True
    return False


def _derivative_along(gradients: Sequence[Any], direction: Direction) -> float:
    return sum(float((c * d).sum()) for c, d in zip(gradients, direction, strict=True))


def _is_noise(
    run: Run, g: Any, got: float, direction: Direction, ends: Sequence[float], slack: float
) -> bool:
    """Return True if the rule gives other wrong numbers a few roundings away: near a tie, not at one."""
    for k in (-3, -2, -1, 1, 2, 3):
        inputs = [nudge(x, k) for x in run.inputs]
        y = np.asarray(run.forward(*inputs), float)[()]
        other = _derivative_along(run.gradients(g, inputs, y), direction)
        inside = ends[0] - slack <= other <= ends[1] + slack
        if not inside and abs(other - got) > 0.01 * abs(got):
            return True
    return False


def _slopes(run: Run, direction: Direction) -> tuple[Any, Any]:
    """Return the one-sided derivatives of all outputs along a direction, and their errors."""
    shape = np.shape(run.y)

    def phi(t: float) -> Any:
        moved = list(run.inputs)
        for position, part in zip(run.example.variables, direction, strict=True):
            moved[position] = moved[position] + t * part
        y = value_at(run.forward, moved)
        return (y if y.shape == shape else np.full(shape, np.nan)) - run.y

    value, error = one_sided(phi)
    return np.broadcast_to(value, shape), np.broadcast_to(error, shape)


def _directions(run: Run) -> Iterator[Direction]:
    """Yield every coordinate, every group of equal numbers, all together, and mixed directions."""
    xs = _variables(run)
    yield from _coordinates(xs)
    numbers = np.concatenate([x.ravel() for x in xs])
    for number, count in zip(*np.unique(numbers, return_counts=True), strict=True):
        if 1 < count < numbers.size:
            yield [(x == number).astype(float) for x in xs]
    if numbers.size > 1:
        yield [np.ones(x.shape) for x in xs]
    for k in (0, 4, 9):
        yield [weights(x.shape, k + i) for i, x in enumerate(xs)]


def _failure(run: Run, direction: Direction, got: float, ends: Sequence[float], output: int) -> RuleError:
    moving = next(i for i, part in enumerate(direction) if np.any(part))
    together = sum(np.count_nonzero(part) for part in direction) > 1
    low, high = (round(end, 6) + 0.0 for end in ends)
    allowed = f"{low:g}" if high - low < 1e-5 else f"between {low:g} and {high:g}"
    index = np.unravel_index(output, np.shape(run.y))
    of_output = f"of output [{', '.join(map(str, index))}] " if index else ""
    where = "with all tied entries moving together, " if together else ""
    return RuleError(
        "subgradient",
        run.example.variables[moving],
        f"at the kink, {where}the gradient {of_output}for g = 1 is {got + 0.0:.6g}; it must be {allowed}",
        None if together else tuple(map(int, np.argwhere(direction[moving])[0])),
        got,
        low if got < low else high,
    )
