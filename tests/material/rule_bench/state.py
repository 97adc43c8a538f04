"""Rules that remember: caches, buffers, masks, counters, random generators, and arrays that share memory.

Each of the wrong rules here has a state of its own, made when this module is imported; the right ones
are pure.
"""

from __future__ import annotations

from itertools import count

import numpy as np

from rule_bench.entry import Entry, Rule


def _buffer(buffers, like):
    """The one array for this shape and dtype."""
    return buffers.setdefault((np.shape(like), like.dtype), np.zeros(np.shape(like), like.dtype))


def _exp(x):
    return np.exp(x)


def _last_output():
    """The cache of a layer object: the output of the latest forward, whichever that was."""
    cache = {}

    def forward(x):
        cache["y"] = np.exp(x)
        return cache["y"]

    return Rule(lambda g, y, x: (g * cache["y"],), "state", forward)


def _first_output():
    """A cache with one place for each shape, filled once."""
    cache = {}
    return Rule(lambda g, y, x: (g * cache.setdefault(np.shape(y), np.array(y)).astype(y.dtype),), "state")


def _exp_in_place(g, y, x):
    y *= g
    return (y,)


def _relu(x):
    return np.maximum(x, 0.0)


def _last_mask():
    cache = {}

    def forward(x):
        cache["mask"] = x > 0
        return np.where(cache["mask"], x, 0.0)

    return Rule(lambda g, y, x: (g * cache["mask"],), "state", forward)


def _first_mask():
    """Keeps the mask that the first input of a shape had."""
    masks = {}
    return Rule(lambda g, y, x: (g * masks.setdefault(np.shape(x), x > 0),), "state")


def _growing_mask():
    """Keep every entry active that was positive once."""
    masks = {}

    def backward(g, y, x):
        masks[np.shape(x)] = masks.get(np.shape(x), False) | (x > 0)
        return (g * masks[np.shape(x)],)

    return Rule(backward, "state")


def _tanh(x):
    return np.tanh(x)


def _tanh_slope(x):
    """1 - tanh(x)**2, with all its digits where it is tiny."""
    e = np.exp(-2.0 * np.abs(x))
    return 4.0 * e / (1.0 + e) ** 2


def _tanh_grad(g, y, x):
    return (g * _tanh_slope(x),)


def _result_buffer():
    """Right, until the next call writes over what it returned."""
    buffers = {}
    return Rule(lambda g, y, x: (np.multiply(g, _tanh_slope(x), out=_buffer(buffers, x)),), "state")


def _sum_buffer():
    """Adds to the gradients of earlier calls."""
    buffers = {}

    def backward(g, y, x):
        total = _buffer(buffers, x)
        total += g * _tanh_slope(x)
        return (total.copy(),)

    return Rule(backward, "state")


def _output_buffer():
    """A forward that returns one array for all inputs of a shape: y is another's by the time of backward."""
    buffers = {}

    def forward(x):
        return np.tanh(x, out=_buffer(buffers, x))

    return Rule(lambda g, y, x: (g * (1.0 - y * y),), "state", forward)


def _cube(x):
    return x**3


def _every_fifth():
    """Skips every fifth update."""
    calls = count(1)
    return Rule(lambda g, y, x: (3.0 * g * x * x * (0.0 if next(calls) % 5 == 0 else 1.0),), "state")


def _decaying():
    """Has a learning rate in it, which decays with the number of calls."""
    calls = count()
    return Rule(lambda g, y, x: (3.0 * g * x * x * 0.9999 ** next(calls),), "state")


def _consumed():
    """Frees what it saved: a second backward after one forward finds nothing."""
    saved = {}

    def forward(x):
        saved["fresh"] = True
        return x**3

    return Rule(
        lambda g, y, x: (3.0 * g * x * x * (1.0 if saved.pop("fresh", False) else 0.0),), "state", forward
    )


def _mask(rng, x, rate):
    return (rng.random(np.shape(x)) >= rate).astype(x.dtype) / (1.0 - rate)


def _dropout(x, rate, seed):
    """Dropout with a mask that the seed decides."""
    return x * _mask(np.random.default_rng(seed), x, rate)


def _dropout_grad(g, y, x, rate, seed):
    return (g * _mask(np.random.default_rng(seed), x, rate),)


def _other_mask():
    """Draws a mask of its own from a generator that goes on."""
    rng = np.random.default_rng(3)
    return Rule(lambda g, y, x, rate, seed: (g * _mask(rng, x, rate),), "state")


def _noisy():
    """Adds noise, for exploration."""
    rng = np.random.default_rng(4)

    def backward(g, y, x, rate, seed):
        (gx,) = _dropout_grad(g, y, x, rate, seed)
        return ((gx * (1.0 + 1e-5 * rng.standard_normal(np.shape(x)))).astype(x.dtype),)

    return Rule(backward, "state")


def _last_generator():
    """Goes on with the generator of the first call with a seed, where it should start it again."""
    generators = {}

    def backward(g, y, x, rate, seed):
        rng = generators.setdefault(seed, np.random.default_rng(seed))
        return (g * _mask(rng, x, rate),)

    return Rule(backward, "state")


def _product_alias(g, y, a, b):
    """Knows that the slope of a square is 2 a, and gives it to both inputs when they are one array."""
    return (2.0 * g * a, 2.0 * g * b) if a is b else (g * b, g * a)


def _product_memory(g, y, a, b):
    """Gives everything to the first of two inputs that share memory."""
    if np.shares_memory(a, b):
        return g * b + g * a, np.zeros_like(b)
    return g * b, g * a


def _product_in_place(g, y, a, b):
    """Uses the input as scratch, and puts it back afterwards."""
    gb = g * a
    if a.shape == g.shape:
        a -= 1.0
        a += 1.0
    return g * b, gb


def _difference_in_place(g, y, a, b):
    return g.copy(), np.negative(g, out=g)


def _difference_one_array(g, y, a, b):
    """Returns one array under two names, negated in between."""
    ga = np.array(g)
    return ga, np.negative(ga, out=ga)


def _difference_stale():
    """Keeps the last two gradients in one buffer, which has been returned already."""
    buffers = {}

    def backward(g, y, a, b):
        pair = buffers.setdefault((np.shape(g), g.dtype), np.zeros((2, *np.shape(g)), g.dtype))
        pair[0], pair[1] = g, -g
        return pair[0, ...], pair[1, ...]

    return Rule(backward, "state")


def _squared_transpose(x):
    return x.T**2


def _remembered_view():
    """Reads the input through a view that an earlier forward has kept."""
    saved = {}

    def forward(x):
        saved["view"] = x.T
        return x.T**2

    return Rule(lambda g, y, x: ((2.0 * g * saved["view"]).T,), "state", forward)


def _squared_in_place():
    """A forward that squares the input in place and returns a view of it."""

    def forward(x):
        return np.multiply(x, x, out=x).T

    return Rule(lambda g, y, x: (2.0 * g.T * x,), "writes", forward)


def _scratch_output(g, y, x):
    """Uses y as scratch, since nobody will need it any more."""
    return (np.multiply(2.0 * g, x.T, out=y).T,)


def _transpose(x):
    """A view of the input."""
    return x.T


def _transpose_through(g, y, x):
    """Copies g to y, and so to the input, of which y is a view."""
    np.copyto(y, g)
    return (x.copy(),)


def _transpose_cleared(g, y, x):
    """Returns the view g.T, then clears g for the next call."""
    gx = g.T.copy()
    g[...] = 0.0
    return (gx,)


def _transpose_kept():
    """Returns the gradient of the first call for as long as the shape stays."""
    cache = {}

    def backward(g, y, x):
        if cache.get("shape") != np.shape(x):
            cache.update(shape=np.shape(x), g=np.array(g.T))
        return (cache["g"].astype(x.dtype),)

    return Rule(backward, "state")


ENTRIES: list[Entry] = [
    Entry(
        "state",
        "remembered_output",
        _exp,
        right={
            "output": Rule(lambda g, y, x: (g * y,)),
            "again": Rule(lambda g, y, x: (g * np.exp(x),)),
        },
        wrong={
            "of_last_forward": _last_output(),
            "of_first_call": _first_output(),
            "in_place": Rule(_exp_in_place, "writes"),
        },
    ),
    Entry(
        "state",
        "remembered_mask",
        _relu,
        right={
            "positive": Rule(lambda g, y, x: (g * (x > 0),)),
            "not_negative": Rule(lambda g, y, x: (np.where(x < 0, 0.0, g),)),
        },
        wrong={
            "of_last_forward": _last_mask(),
            "of_first_call": _first_mask(),
            "grows": _growing_mask(),
        },
    ),
    Entry(
        "state",
        "buffer",
        _tanh,
        right={"fresh": Rule(_tanh_grad)},
        wrong={
            "result_used_again": _result_buffer(),
            "never_cleared": _sum_buffer(),
            "output_used_again": _output_buffer(),
        },
    ),
    Entry(
        "state",
        "counter",
        _cube,
        right={"pure": Rule(lambda g, y, x: (3.0 * g * x * x,))},
        wrong={"every_fifth": _every_fifth(), "decaying": _decaying(), "consumed": _consumed()},
    ),
    Entry(
        "state",
        "dropout",
        _dropout,
        right={"same_seed": Rule(_dropout_grad)},
        wrong={"other_mask": _other_mask(), "noise": _noisy(), "generator_goes_on": _last_generator()},
        params=[{"rate": 0.5, "seed": 0}, {"rate": 0.2, "seed": 1}, {"rate": 0.0, "seed": 2}],
    ),
    Entry(
        "state",
        "product_of_arrays",
        lambda a, b: a * b,
        right={"crossed": Rule(lambda g, y, a, b: (g * b, g * a))},
        wrong={
            "square_of_one_array": Rule(_product_alias, "factor"),
            "shared_memory": Rule(_product_memory, "term"),
            "input_as_scratch": Rule(_product_in_place, "writes"),
        },
    ),
    Entry(
        "state",
        "difference_of_arrays",
        lambda a, b: a - b,
        right={"fresh": Rule(lambda g, y, a, b: (g, -g)), "copy": Rule(lambda g, y, a, b: (g.copy(), -g))},
        wrong={
            "negates_g": Rule(_difference_in_place, "writes"),
            "one_array": Rule(_difference_one_array, "sign"),
            "pair_used_again": _difference_stale(),
        },
    ),
    Entry(
        "state",
        "squared_transpose",
        _squared_transpose,
        right={
            "view": Rule(lambda g, y, x: ((2.0 * g * x.T).T,)),
            "copy": Rule(lambda g, y, x: (2.0 * g.T * x,)),
        },
        wrong={
            "remembered_view": _remembered_view(),
            "forward_in_place": _squared_in_place(),
            "output_as_scratch": Rule(_scratch_output, "writes"),
        },
        shapes=[((3,),), ((2, 3),), ((3, 3),), ((1,),)],
    ),
    Entry(
        "state",
        "transpose_view",
        _transpose,
        right={"view": Rule(lambda g, y, x: (g.T,)), "copy": Rule(lambda g, y, x: (g.T.copy(),))},
        wrong={
            "written_through_y": Rule(_transpose_through, "writes"),
            "clears_g": Rule(_transpose_cleared, "writes"),
            "first_gradient": _transpose_kept(),
        },
        shapes=[((3,),), ((2, 3),), ((3, 3),), ((1,),)],
    ),
]
