"""Convolutions and pools: sums over windows, which may overlap and may leave a rest."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from rule_bench.entry import Entry, Rule


def _windows(x, size, stride):
    """The windows along the last axis, on an axis of their own at the end."""
    return sliding_window_view(x, size, -1)[..., ::stride, :]


def _unfold(parts, length, stride):
    """Adds the entries of windows up where they came from."""
    x = np.zeros((*parts.shape[:-2], length), parts.dtype)
    count, size = parts.shape[-2:]
    for i in range(size):
        x[..., i : i + stride * count : stride] += parts[..., i]
    return x


def _unfold_last(parts, length, stride):
    """Writes over what an earlier window has left."""
    x = np.zeros((*parts.shape[:-2], length), parts.dtype)
    count, size = parts.shape[-2:]
    for k in range(count):
        x[..., k * stride : k * stride + size] = parts[..., k, :]
    return x


def _conv1d(x, w, stride):
    if not len(w):
        raise ValueError("the kernel is empty")
    return _windows(x, len(w), stride) @ w


def _conv1d_grad(g, y, x, w, stride):
    gx = _unfold(g[:, None] * w, len(x), stride)
    return gx, g @ _windows(x, len(w), stride)


def _conv1d_dilated(g, y, x, w, stride):
    """As a full convolution with g, zeros put between its entries."""
    spread = np.zeros(len(x) - len(w) + 1, g.dtype)
    spread[::stride] = g
    return np.convolve(spread, w), np.correlate(x, spread, "valid")


def _conv1d_flipped(g, y, x, w, stride):
    return _unfold(g[:, None] * w[::-1], len(x), stride), g @ _windows(x, len(w), stride)


def _conv1d_dense(g, y, x, w, stride):
    """Forgets the stride: spreads g without gaps."""
    gx, gw = _conv1d_grad(g, y, x, w, stride)
    return np.resize(_unfold(g[:, None] * w, len(g) + len(w) - 1, 1), gx.shape), gw


def _conv1d_from_the_end(g, y, x, w, stride):
    """Takes the last window to end where x does."""
    gx, gw = _conv1d_grad(g, y, x, w, stride)
    return np.roll(gx, (len(x) - len(w)) % stride), gw


def _full(x, w):
    return np.convolve(x, w)


def _full_windows(g, y, x, w):
    return _windows(g, len(w), 1) @ w, _windows(g, len(x), 1) @ x


def _full_swapped(g, y, x, w):
    gx, gw = np.correlate(g, w, "valid"), np.correlate(g, x, "valid")
    return (gw, gx) if x.shape == w.shape else (gx, gw)


def _same(x, w):
    return _windows(np.pad(x, ((len(w) - 1) // 2, len(w) // 2)), len(w), 1) @ w


def _same_with(left):
    """Rules that differ in where they take the border on the left to end."""

    def backward(g, y, x, w):
        k, first = len(w), left(len(w))
        padded = np.pad(x, (first, k - 1 - first))
        gx = _unfold(g[:, None] * w, len(padded), 1)[first : first + len(x)]
        return gx, g @ _windows(padded, k, 1)

    return backward


def _same_edges(g, y, x, w):
    """Leaves the windows out that reach over the border."""
    inside = g.copy()
    inside[: (len(w) - 1) // 2] = 0.0
    gx, _ = _same_with(lambda k: (k - 1) // 2)(inside, y, x, w)
    return gx, _same_with(lambda k: (k - 1) // 2)(g, y, x, w)[1]


def _avg_pool(x, size, stride):
    return _windows(x, size, stride).mean(-1)


def _avg_pool_grad(g, y, x, size, stride):
    parts = np.broadcast_to(g[..., None] / size, (*g.shape, size))
    return (_unfold(parts, x.shape[-1], stride),)


def _avg_pool_last(g, y, x, size, stride):
    parts = np.broadcast_to(g[..., None] / size, (*g.shape, size))
    return (_unfold_last(parts, x.shape[-1], stride),)


def _avg_pool_stride(g, y, x, size, stride):
    """Divides by the stride."""
    parts = np.broadcast_to(g[..., None] / stride, (*g.shape, size))
    return (_unfold(parts, x.shape[-1], stride),)


def _avg_pool_upsampled(g, y, x, size, stride):
    """Repeats g, and fills the rest of x with its last value."""
    if size != stride:
        return _avg_pool_grad(g, y, x, size, stride)
    gx = np.repeat(g / size, size, -1)
    rest = x.shape[-1] - gx.shape[-1]
    return (np.pad(gx, [(0, 0)] * (g.ndim - 1) + [(0, rest)], mode="edge"),)


def _max_pool(x, size, stride):
    return _windows(x, size, stride).max(-1)


def _first_max(g, x, size, stride):
    """g at the first maximum of each window, zeros elsewhere in it."""
    first = _windows(x, size, stride).argmax(-1)
    return g[..., None] * (np.arange(size) == first[..., None])


def _max_pool_first(g, y, x, size, stride):
    return (_unfold(_first_max(g, x, size, stride), x.shape[-1], stride),)


def _max_pool_shared(g, y, x, size, stride):
    equal = _windows(x, size, stride) == y[..., None]
    share = (equal / equal.sum(-1, keepdims=True)).astype(x.dtype)
    return (_unfold(g[..., None] * share, x.shape[-1], stride),)


def _max_pool_all(g, y, x, size, stride):
    equal = _windows(x, size, stride) == y[..., None]
    return (_unfold(g[..., None] * equal, x.shape[-1], stride),)


def _max_pool_last(g, y, x, size, stride):
    """Writes over what an earlier window has given to an entry."""
    return (_unfold_last(_first_max(g, x, size, stride), x.shape[-1], stride),)


def _max_pool_zero(g, y, x, size, stride):
    """As if the border were filled with zeros: no gradient where a maximum is negative."""
    return _max_pool_first(g * (y >= 0), y, x, size, stride)


def _conv2d(x, w):
    return np.einsum("nchwij,ocij->nohw", sliding_window_view(x, w.shape[2:], (2, 3)), w)


def _conv2d_x(g, x, w):
    gx = np.zeros_like(x)
    height, width = g.shape[2:]
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            gx[:, :, i : i + height, j : j + width] += np.einsum("nohw,oc->nchw", g, w[:, :, i, j])
    return gx


def _conv2d_w(g, x, w):
    return np.einsum("nohw,nchwij->ocij", g, sliding_window_view(x, w.shape[2:], (2, 3)))


def _conv2d_channels(g, y, x, w):
    """Swaps the channels of the kernel where there are as many in as out."""
    swapped = w.transpose(1, 0, 2, 3) if w.shape[0] == w.shape[1] else w
    return _conv2d_x(g, x, swapped), _conv2d_w(g, x, w)


def _conv2d_spatial(g, y, x, w):
    """Swaps rows and columns of the kernel where it is square."""
    gw = _conv2d_w(g, x, w)
    return _conv2d_x(g, x, w), gw.swapaxes(2, 3) if w.shape[2] == w.shape[3] else gw


_POOLS = [
    {"size": 2, "stride": 2},
    {"size": 3, "stride": 1},
    {"size": 3, "stride": 3},
    {"size": 1, "stride": 2},
]
_ROWS = [((6,),), ((2, 5),), ((1, 3),), ((4,),)]

ENTRIES: list[Entry] = [
    Entry(
        "convolution",
        "conv1d",
        _conv1d,
        right={"unfolded": Rule(_conv1d_grad), "dilated": Rule(_conv1d_dilated)},
        wrong={
            "kernel_flipped": Rule(_conv1d_flipped, "transposed"),
            "stride_forgotten": Rule(_conv1d_dense, "setting"),
            "from_the_end": Rule(_conv1d_from_the_end, "shape"),
        },
        shapes=[((6,), (3,)), ((5,), (2,)), ((3,), (3,)), ((4,), (1,)), ((1,), (1,))],
        params=[{"stride": 1}, {"stride": 2}, {"stride": 3}],
    ),
    Entry(
        "convolution",
        "convolve_full",
        _full,
        right={
            "correlate": Rule(lambda g, y, x, w: (np.correlate(g, w, "valid"), np.correlate(g, x, "valid"))),
            "windows": Rule(_full_windows),
        },
        wrong={
            "convolves": Rule(
                lambda g, y, x, w: (np.convolve(g, w, "valid"), np.correlate(g, x, "valid")), "transposed"
            ),
            "swapped_where_alike": Rule(_full_swapped, "swapped"),
            "kernel_scaled": Rule(
                lambda g, y, x, w: (np.correlate(g, w, "valid"), np.correlate(g, x, "valid") / len(w)),
                "length",
            ),
        },
        shapes=[((4,), (2,)), ((2,), (3,)), ((3,), (3,)), ((1,), (1,)), ((1,), (3,))],
    ),
    Entry(
        "convolution",
        "correlate_same",
        _same,
        right={"border_left": Rule(_same_with(lambda k: (k - 1) // 2))},
        wrong={
            "border_right": Rule(_same_with(lambda k: k // 2), "shape"),
            "border_windows_lost": Rule(_same_edges, "term"),
        },
        shapes=[((5,), (3,)), ((4,), (2,)), ((2,), (3,)), ((3,), (1,)), ((1,), (1,))],
    ),
    Entry(
        "convolution",
        "avg_pool",
        _avg_pool,
        right={"unfolded": Rule(_avg_pool_grad)},
        wrong={
            "overlap_overwritten": Rule(_avg_pool_last, "term"),
            "divided_by_stride": Rule(_avg_pool_stride, "setting"),
            "rest_filled": Rule(_avg_pool_upsampled, "shape"),
        },
        shapes=_ROWS,
        params=_POOLS,
    ),
    Entry(
        "convolution",
        "max_pool",
        _max_pool,
        right={"first": Rule(_max_pool_first), "shared": Rule(_max_pool_shared)},
        wrong={
            "all_maxima": Rule(_max_pool_all, "tie"),
            "overlap_overwritten": Rule(_max_pool_last, "term"),
            "padded_with_zero": Rule(_max_pool_zero, "negative"),
        },
        shapes=_ROWS,
        params=_POOLS,
    ),
    Entry(
        "convolution",
        "conv2d",
        _conv2d,
        right={"unfolded": Rule(lambda g, y, x, w: (_conv2d_x(g, x, w), _conv2d_w(g, x, w)))},
        wrong={
            "channels_swapped": Rule(_conv2d_channels, "transposed"),
            "kernel_transposed": Rule(_conv2d_spatial, "transposed"),
            "mean_over_batch": Rule(
                lambda g, y, x, w: (_conv2d_x(g, x, w), _conv2d_w(g, x, w) / max(len(x), 1)), "length"
            ),
            "kernel_upside_down": Rule(
                lambda g, y, x, w: (_conv2d_x(g, x, w[:, :, ::-1]), _conv2d_w(g, x, w)), "transposed"
            ),
        },
        shapes=[
            ((1, 1, 3, 3), (1, 1, 2, 2)),
            ((2, 2, 3, 3), (2, 2, 2, 2)),
            ((1, 2, 2, 4), (3, 2, 1, 2)),
            ((1, 1, 1, 1), (1, 1, 1, 1)),
        ],
    ),
]
