"""Rules that break the contract: a result that does not fit, an array written to, not linear in g."""

from __future__ import annotations

import numpy as np

from rule_bench.entry import Entry, Rule


def _product_in_place(g, y, a, b):
    db = g * a
    g *= b
    return g, db


def _product_into_a(g, y, a, b):
    da = g * b
    a *= g
    return da, a


def _square_doubles_x(g, y, x):
    x *= 2.0
    return (g * x,)


def _masked_in_place(g, y, x):
    g[x <= 0] = 0.0
    return (g,)


def _masked_input(g, y, x):
    x[x > 0] = 1.0
    x[x <= 0] = 0.0
    return (g * x,)


def _tanh_into_y(g, y, x):
    y *= y
    y -= 1.0
    return (-g * y,)


def _tanh_into_g(g, y, x):
    np.multiply(g, 1.0 - y * y, out=g)
    return (g,)


def _rows_back(g, x):
    return 2.0 * g[..., None] * x


ENTRIES: list[Entry] = [
    Entry(
        "contract",
        "affine",
        lambda x: 2.0 * x + 3.0,
        right={
            "tuple": Rule(lambda g, y, x: (2.0 * g,)),
            "fortran_order": Rule(lambda g, y, x: (np.asfortranarray(2.0 * g).reshape(np.shape(g)),)),
        },
        wrong={
            "none": Rule(lambda g, y, x: (None,), "contract"),
            "always_float32": Rule(
                lambda g, y, x: (np.float32(2.0) * np.asarray(g, np.float32),), "contract"
            ),
            "no_tuple": Rule(lambda g, y, x: 2.0 * g, "contract"),
            "one_number": Rule(lambda g, y, x: (2.0 * np.mean(g),), "contract"),
        },
    ),
    Entry(
        "contract",
        "product",
        lambda a, b: a * b,
        right={
            "tuple": Rule(lambda g, y, a, b: (g * b, g * a)),
            "list_made_tuple": Rule(lambda g, y, a, b: tuple(g * other for other in (b, a))),
        },
        wrong={
            "too_few": Rule(lambda g, y, a, b: (g * b,), "contract"),
            "second_none": Rule(lambda g, y, a, b: (g * b, None), "contract"),
            "g_in_place": Rule(_product_in_place, "writes"),
            "into_a": Rule(_product_into_a, "writes"),
        },
    ),
    Entry(
        "contract",
        "square",
        np.square,
        right={"copy": Rule(lambda g, y, x: (2.0 * g * x,))},
        wrong={
            "doubles_x": Rule(_square_doubles_x, "writes"),
            "raveled": Rule(lambda g, y, x: ((2.0 * g * x).ravel(),), "contract"),
            "transposed": Rule(lambda g, y, x: ((2.0 * g * x).T,), "transposed"),
            "complex": Rule(lambda g, y, x: (2.0 * g * (x + 0.0j),), "contract"),
        },
    ),
    Entry(
        "contract",
        "positive_part",
        lambda x: np.where(x > 0, x, 0.0 * x),
        right={
            "masked": Rule(lambda g, y, x: (g * (x > 0),)),
            "masked_copy": Rule(lambda g, y, x: (np.where(x > 0, g, 0.0 * g),)),
        },
        wrong={
            "masks_g_in_place": Rule(_masked_in_place, "writes"),
            "mask_written_into_x": Rule(_masked_input, "writes"),
            "positive_g_only": Rule(lambda g, y, x: (np.maximum(g, 0.0) * (x > 0),), "linear"),
            "boolean": Rule(lambda g, y, x: (x > 0,), "contract"),
        },
    ),
    Entry(
        "contract",
        "squash",
        np.tanh,
        right={"copy": Rule(lambda g, y, x: (g * (1.0 - y * y),))},
        wrong={
            "into_y": Rule(_tanh_into_y, "writes"),
            "into_g": Rule(_tanh_into_g, "writes"),
            "sign_of_g": Rule(lambda g, y, x: (np.sign(g) * (1.0 - y * y),), "linear"),
            "g_ignored": Rule(lambda g, y, x: (1.0 - y * y,), "linear"),
        },
    ),
    Entry(
        "contract",
        "cube",
        lambda x: x * x * x,
        right={"three_squares": Rule(lambda g, y, x: (3.0 * g * x * x,))},
        wrong={
            "norm_clipped": Rule(
                lambda g, y, x: (3.0 * g * x * x / max(1.0, float(np.sqrt((g * g).sum())) / 5.0),), "linear"
            ),
            "g_squared": Rule(lambda g, y, x: (3.0 * g * g * x * x,), "linear"),
            "g_rounded": Rule(lambda g, y, x: (3.0 * np.round(g, 3) * x * x,), "linear"),
            "absolute_g": Rule(lambda g, y, x: (3.0 * np.abs(g) * x * x,), "linear"),
        },
    ),
    Entry(
        "contract",
        "row_squares",
        lambda x: (x * x).sum(-1),
        right={"expanded": Rule(lambda g, y, x: (_rows_back(g, x),))},
        wrong={
            "transposed": Rule(lambda g, y, x: (_rows_back(g, x).T,), "transposed"),
            "raveled": Rule(lambda g, y, x: (_rows_back(g, x).ravel(),), "contract"),
            "of_output_shape": Rule(lambda g, y, x: (2.0 * g * x.sum(-1),), "contract"),
            "g_not_expanded": Rule(lambda g, y, x: (2.0 * g * x,), "shape"),
        },
        shapes=[((2, 3),), ((3, 3),), ((4, 1),), ((1, 3),), ((2, 2, 2),)],
    ),
]
