"""Arrays joined, moved and copied: concatenate, stack, flip, roll, transpose, pad, repeat, tile."""

from __future__ import annotations

import numpy as np

from rule_bench.entry import Entry, Rule


def _pad(x, left, right, mode):
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(left, right)], mode=mode)


def _pad_grad(g, y, x, left, right, mode):
    n = x.shape[-1]
    gx = g[..., left : left + n].copy()
    if mode != "constant":
        source = np.pad(np.arange(n), (left, right), mode=mode)
        for k in (*range(left), *range(left + n, left + n + right)):
            gx[..., source[k]] += g[..., k]
    return (gx,)


def _pad_inside(g, y, x, left, right, mode):
    """Cuts the border off, whatever it was filled with."""
    return (g[..., left : left + x.shape[-1]],)


def _pad_minus_right(g, y, x, left, right, mode):
    """Counts from the end, where a width of zero leaves nothing."""
    if mode != "constant":
        return _pad_grad(g, y, x, left, right, mode)
    gx = np.zeros_like(x)
    inside = g[..., left:-right]
    gx[..., : inside.shape[-1]] = inside
    return (gx,)


def _pad_same_widths(g, y, x, left, right, mode):
    """Takes the width on the right for both."""
    if mode != "constant":
        return _pad_grad(g, y, x, left, right, mode)
    return (g[..., right : right + x.shape[-1]],)


def _repeat(x, n, axis):
    return np.repeat(x, n, axis)


def _repeat_grad(g, y, x, n, axis):
    if axis is None:
        return (g.reshape((*x.shape, n)).sum(-1),)
    axis %= x.ndim
    return (g.reshape((*x.shape[: axis + 1], n, *x.shape[axis + 1 :])).sum(axis + 1),)


def _repeat_as_tile(g, y, x, n, axis):
    """Takes the copies of an entry to lie a whole length apart."""
    if axis is None:
        return (g.reshape((n, *x.shape)).sum(0),)
    axis %= x.ndim
    return (g.reshape((*x.shape[:axis], n, *x.shape[axis:])).sum(axis),)


def _repeat_first(g, y, x, n, axis):
    """Takes n times the gradient of the first copy."""
    if axis is None:
        return (n * g[::n].reshape(x.shape),)
    return (n * np.take(g, np.arange(0, x.shape[axis] * n, n), axis),)


def _repeat_none(g, y, x, n, axis):
    """Takes axis None for axis 0, and repairs the shape."""
    if axis is None:
        return (g.reshape((x.shape[0], n, *x.shape[1:])).sum(1),)
    return _repeat_grad(g, y, x, n, axis)


def _tile(x, reps):
    return np.tile(x, reps)


def _tile_shapes(x, reps):
    """The repetitions and the shape of x, both with one number for each axis of the result."""
    reps = (reps,) if isinstance(reps, int) else reps
    ndim = max(len(reps), x.ndim)
    return (1,) * (ndim - len(reps)) + tuple(reps), (1,) * (ndim - x.ndim) + x.shape


def _tile_grad(g, y, x, reps):
    pairs = zip(*_tile_shapes(x, reps), strict=True)
    parts = g.reshape([n for pair in pairs for n in pair])
    return (parts.sum(tuple(range(0, parts.ndim, 2))).reshape(x.shape),)


def _tile_as_repeat(g, y, x, reps):
    """Takes the copies of an entry to lie side by side."""
    pairs = zip(*_tile_shapes(x, reps), strict=True)
    parts = g.reshape([n for r, m in pairs for n in (m, r)])
    return (parts.sum(tuple(range(1, parts.ndim, 2))).reshape(x.shape),)


def _tile_front(g, y, x, reps):
    """Pads a short `reps` with ones at the end, where NumPy does at the front."""
    reps, shape = _tile_shapes(x, reps)
    if x.ndim == 2 and reps[0] == 1 and shape[0] == shape[1]:
        reps = reps[::-1]
        return (g.reshape(reps[0], shape[0], *shape[1:]).sum(0),)
    return _tile_grad(g, y, x, reps)


def _tile_once(g, y, x, reps):
    """Takes the first copy only."""
    _, shape = _tile_shapes(x, reps)
    return (g[tuple(slice(n) for n in shape)].reshape(x.shape),)


def _concatenate(a, b, axis):
    return np.concatenate((a, b), axis)


def _concatenate_grad(g, y, a, b, axis):
    return tuple(np.split(g, [a.shape[axis]], axis))


def _concatenate_slices(g, y, a, b, axis):
    n = a.shape[axis]
    before = (slice(None),) * (axis % a.ndim)
    return g[(*before, slice(n))], g[(*before, slice(n, None))]


def _concatenate_halves(g, y, a, b, axis):
    """Cuts in the middle; where the shapes then do not fit, cuts where it should."""
    if a.ndim == 1 or a.shape == b.shape or a.size % b.size == 0:
        return tuple(np.array_split(g, 2, axis))
    return _concatenate_grad(g, y, a, b, axis)


def _concatenate_swapped(g, y, a, b, axis):
    ga, gb = _concatenate_grad(g, y, a, b, axis)
    return (gb, ga) if a.shape == b.shape else (ga, gb)


def _concatenate_front(g, y, a, b, axis):
    """Cuts along axis 0 whatever the axis, where the shapes allow it."""
    if a.shape == b.shape:
        return tuple(part.reshape(a.shape) for part in np.split(g.reshape(2 * len(a), -1), 2))
    return _concatenate_grad(g, y, a, b, axis)


def _stack(a, b, axis):
    return np.stack((a, b), axis)


def _stack_grad(g, y, a, b, axis):
    return np.take(g, 0, axis), np.take(g, 1, axis)


def _stack_views(g, y, a, b, axis):
    ga, gb = np.moveaxis(g, axis, 0)
    return ga, gb


def _stack_front(g, y, a, b, axis):
    """Unpacks the first axis, and repairs the shape."""
    ga, gb = g.reshape((2, *a.shape))
    return ga, gb


def _stack_negative(g, y, a, b, axis):
    """Counts a negative axis in the inputs, which have one axis fewer."""
    if axis < 0 and a.ndim > 1:
        ga, gb = np.moveaxis(g, axis % a.ndim, 0)[:2]
        return ga.reshape(a.shape), gb.reshape(b.shape)
    return _stack_grad(g, y, a, b, axis)


def _stack_in_place(g, y, a, b, axis):
    """Adds up in the first half of g, for inputs that are one array."""
    ga, gb = np.moveaxis(g, axis, 0)
    if a is b:
        ga += gb
        return ga, np.zeros_like(b)
    return ga, gb


def _flip(x, axis):
    return np.flip(x, axis)


def _flip_first(g, y, x, axis):
    """Flips the first of several axes."""
    return (np.flip(g, axis[0] if isinstance(axis, tuple) else axis),)


def _flip_all(g, y, x, axis):
    return (np.flip(g),)


def _roll(x, shift, axis):
    return np.roll(x, shift, axis)


def _roll_back(g, y, x, shift, axis):
    shift = tuple(-s for s in shift) if isinstance(shift, tuple) else -shift
    return (np.roll(g, shift, axis),)


def _roll_again(g, y, x, shift, axis):
    """Rolls on in the same direction: right after half a turn only."""
    return (np.roll(g, shift, axis),)


def _roll_first(g, y, x, shift, axis):
    """Takes axis None for axis 0."""
    return _roll_back(g, y, x, shift, 0 if axis is None else axis)


def _roll_shifted(g, y, x, shift, axis):
    """Shifts without bringing back what falls off the end."""
    (gx,) = _roll_back(g, y, x, shift, axis)
    if isinstance(shift, int) and axis is None and gx.size > shift > 0:
        gx.ravel()[gx.size - shift :] = 0.0
    return (gx,)


def _transpose(x, axes):
    return np.transpose(x, axes)


def _transpose_back(g, y, x, axes):
    return (np.transpose(g, None if axes is None else np.argsort([a % x.ndim for a in axes])),)


def _transpose_again(g, y, x, axes):
    """Applies the permutation twice: right where it is its own inverse."""
    return (np.transpose(g, axes).reshape(x.shape),)


def _transpose_argsort(g, y, x, axes):
    """Sorts the axes without counting negative ones from the front."""
    return (np.transpose(g, None if axes is None else np.argsort(axes)).reshape(x.shape),)


def _transpose_reversed(g, y, x, axes):
    """Reverses all axes, and repairs the shape."""
    return (g.T.reshape(x.shape),)


ENTRIES: list[Entry] = [
    Entry(
        "indexing",
        "pad",
        _pad,
        right={"folded_back": Rule(_pad_grad)},
        wrong={
            "border_lost": Rule(_pad_inside, "term"),
            "minus_zero": Rule(_pad_minus_right, "setting"),
            "one_width": Rule(_pad_same_widths, "setting"),
        },
        shapes=[((3,),), ((2, 3),), ((4, 4),)],
        params=[
            {"left": 1, "right": 1, "mode": "constant"},
            {"left": 2, "right": 0, "mode": "constant"},
            {"left": 1, "right": 2, "mode": "edge"},
            {"left": 2, "right": 1, "mode": "reflect"},
        ],
    ),
    Entry(
        "indexing",
        "repeat",
        _repeat,
        right={"reshaped": Rule(_repeat_grad)},
        wrong={
            "as_tile": Rule(_repeat_as_tile, "transposed"),
            "first_copy": Rule(_repeat_first, "sum"),
            "axis_none": Rule(_repeat_none, "setting"),
        },
        shapes=[((3,),), ((2, 3),), ((1, 2),), ((2, 2, 2),)],
        params=[{"n": 2, "axis": None}, {"n": 3, "axis": -1}, {"n": 2, "axis": 0}, {"n": 1, "axis": 0}],
    ),
    Entry(
        "indexing",
        "tile",
        _tile,
        right={"reshaped": Rule(_tile_grad)},
        wrong={
            "as_repeat": Rule(_tile_as_repeat, "transposed"),
            "reps_aligned_left": Rule(_tile_front, "setting"),
            "first_copy": Rule(_tile_once, "term"),
        },
        shapes=[((3,),), ((2, 3),), ((2, 2),), ((1,),), ((),)],
        params=[{"reps": 2}, {"reps": (2, 3)}, {"reps": (2, 1, 2)}],
    ),
    Entry(
        "indexing",
        "concatenate",
        _concatenate,
        right={"split": Rule(_concatenate_grad), "slices": Rule(_concatenate_slices)},
        wrong={
            "halves": Rule(_concatenate_halves, "shape"),
            "swapped": Rule(_concatenate_swapped, "swapped"),
            "first_axis": Rule(_concatenate_front, "setting"),
        },
        shapes=[((2, 3), (2, 3)), ((3,), (1,)), ((2, 1), (2, 3)), ((4, 2), (2, 2)), ((1,), (1,))],
        params=[{"axis": 0}, {"axis": -1}],
    ),
    Entry(
        "indexing",
        "stack",
        _stack,
        right={"take": Rule(_stack_grad), "views": Rule(_stack_views)},
        wrong={
            "first_axis": Rule(_stack_front, "transposed"),
            "negative_axis": Rule(_stack_negative, "setting"),
            "accumulates_in_g": Rule(_stack_in_place, "writes"),
        },
        shapes=[((2, 2), (2, 2)), ((3,), (3,)), ((1, 3), (1, 3)), ((), ())],
        params=[{"axis": 0}, {"axis": -1}, {"axis": 1}],
    ),
    Entry(
        "indexing",
        "flip",
        _flip,
        right={"flip": Rule(lambda g, y, x, axis: (np.flip(g, axis),))},
        wrong={
            "first_of_tuple": Rule(_flip_first, "setting"),
            "all_axes": Rule(_flip_all, "setting"),
            "not_flipped": Rule(lambda g, y, x, axis: (g,), "transposed"),
        },
        shapes=[((3,),), ((2, 3),), ((1, 2),), ((2, 2, 2),)],
        params=[{"axis": None}, {"axis": -1}, {"axis": (0, 1)}],
    ),
    Entry(
        "indexing",
        "roll",
        _roll,
        right={"back": Rule(_roll_back)},
        wrong={
            "again": Rule(_roll_again, "sign"),
            "axis_none": Rule(_roll_first, "setting"),
            "falls_off": Rule(_roll_shifted, "term"),
        },
        shapes=[((4,),), ((2, 3),), ((3, 2),), ((1,),)],
        params=[{"shift": 1, "axis": None}, {"shift": -2, "axis": -1}, {"shift": (1, 2), "axis": (0, 1)}],
    ),
    Entry(
        "indexing",
        "transpose",
        _transpose,
        right={"inverse": Rule(_transpose_back)},
        wrong={
            "same_permutation": Rule(_transpose_again, "transposed"),
            "negative_axes": Rule(_transpose_argsort, "setting"),
            "all_reversed": Rule(_transpose_reversed, "transposed"),
        },
        shapes=[((2, 3, 2),), ((2, 3),), ((1, 2, 3),), ((3,),)],
        params=[{"axes": None}, {"axes": (1, 2, 0)}, {"axes": (-1, 0, 1)}, {"axes": (0, -1)}, {"axes": (0,)}],
    ),
]
