"""Loops over time: networks unrolled, scans, moving averages, cumulative products."""

from __future__ import annotations

import numpy as np

from rule_bench.entry import Entry, Rule


def _sigmoid(x):
    """Without overflow, and with all its digits where it is tiny."""
    return np.exp(-np.logaddexp(0.0, -x))


def _tanh_slope(x):
    """1 - tanh(x)**2, with all its digits where it is tiny."""
    e = np.exp(-2.0 * np.abs(x))
    return 4.0 * e / (1.0 + e) ** 2


def _rnn(x, h, w):
    """All states h = tanh(w h + x[t])."""
    states = []
    for step in x:
        h = np.tanh(w @ h + step)
        states.append(h)
    return np.stack(states)


def _rnn_with(carry=lambda w, gh: w.T @ gh, outer=np.outer, depth=None, cause=""):
    """A rule: `carry` takes the gradient a step back, `depth` steps at most for each output."""

    def backward(g, y, x, h, w):
        before = np.concatenate((h[None], y[:-1]))
        slopes = _tanh_slope(before @ w.T + x)
        gx, gw, first = np.zeros_like(x), np.zeros_like(w), np.zeros_like(h)
        for end in range(len(x)):
            gh = g[end]
            for t in range(end, -1, -1):
                if depth is not None and end - t >= depth:
                    break
                ga = gh * slopes[t]
                gx[t] += ga
                gw += outer(ga, before[t])
                gh = carry(w, ga)
            else:
                first += gh
        return gx, first, gw

    return Rule(backward, cause)


def _rnn_grad(g, y, x, h, w):
    """In one pass, with the gradients of the later outputs in gh."""
    before = np.concatenate((h[None], y[:-1]))
    slopes = _tanh_slope(before @ w.T + x)
    gx, gh = np.zeros_like(x), np.zeros_like(h)
    for t in range(len(x) - 1, -1, -1):
        gx[t] = (g[t] + gh) * slopes[t]
        gh = w.T @ gx[t]
    return gx, gh, gx.T @ before


def _rnn_last_weight(g, y, x, h, w):
    """The weight's gradient of the last step only: = for +=."""
    gx, gh, _ = _rnn_grad(g, y, x, h, w)
    before = np.concatenate((h[None], y[:-1]))
    return gx, gh, np.outer(gx[-1], before[-1])


def _cumprod(x):
    return np.cumprod(x)


def _cumprod_grad(g, y, x):
    """Without a division: products of what comes before, times a scan from the end."""
    before, later = np.ones_like(x), np.zeros_like(x)
    for t in range(1, len(x)):
        before[t] = before[t - 1] * x[t - 1]
    for t in range(len(x) - 1, -1, -1):
        later[t] = g[t] + (x[t + 1] * later[t + 1] if t + 1 < len(x) else 0.0)
    return (before * later,)


def _cumprod_pairs(g, y, x):
    """Each output with each input, the product without it."""
    gx = np.zeros_like(x)
    for i in range(len(x)):
        without = x.copy()
        without[i] = 1.0
        gx[i] = (g * np.cumprod(without))[i:].sum()
    return (gx,)


def _cumprod_quotient(g, y, x):
    with np.errstate(all="ignore"):
        return (np.cumsum((g * y)[::-1])[::-1] / x,)


def _cumprod_zero(g, y, x):
    """Gives entries that are zero no gradient."""
    (gx,) = _cumprod_grad(g, y, x)
    return (gx * (x != 0),)


def _cumprod_one_zero(g, y, x):
    """Right as long as there is one zero at most: leaves all zeros out where it should leave out one."""
    (gx,) = _cumprod_grad(g, y, x)
    zeros = np.flatnonzero(x == 0)
    if len(zeros):
        first = zeros[0]
        gx[first] = (g * np.cumprod(np.where(x == 0, 1.0, x)))[first:].sum()
    return (gx,)


def _cumprod_forwards(g, y, x):
    """Sums from the front where it should from the end."""
    with np.errstate(all="ignore"):
        return (np.where(x == 0, _cumprod_grad(g, y, x)[0], np.cumsum(g * y) / x),)


def _ema(x, decay):
    """y[0] = x[0], then y = decay y + (1 - decay) x[t]."""
    y = x.copy()
    for t in range(1, len(x)):
        y[t] = decay * y[t - 1] + (1.0 - decay) * x[t]
    return y


def _ema_with(first=lambda decay: 1.0, carry=lambda decay: decay, cause=""):
    """A rule: the weight of the first entry, and what is carried a step back."""

    def backward(g, y, x, decay):
        gx, gh = np.zeros_like(x), np.zeros_like(x[:1]).sum(0)
        for t in range(len(x) - 1, -1, -1):
            gh = g[t] + carry(decay) * gh
            gx[t] = gh * ((1.0 - decay) if t else first(decay))
        return (gx,)

    return Rule(backward, cause)


def _ema_truncated(g, y, x, decay):
    """Forgets what has a weight below a hundredth."""
    gx = np.zeros_like(x)
    for end in range(len(x)):
        for t in range(end, -1, -1):
            weight = decay ** (end - t)
            if weight >= 0.01:
                gx[t] += g[end] * weight * ((1.0 - decay) if t else 1.0)
    return (gx,)


def _gru(x, h, wz, wn):
    """One step: h' = (1 - z) h + z n, z = sigmoid(wz h + x), n = tanh(wn h + x)."""
    z = _sigmoid(wz @ h + x)
    return (1.0 - z) * h + z * np.tanh(wn @ h + x)


def _gru_with(gate=None, direct=None, cause=""):
    """A rule with another slope of the gate, or another direct term for h."""

    def backward(g, y, x, h, wz, wn):
        a, b = wz @ h + x, wn @ h + x
        z, n = _sigmoid(a), np.tanh(b)
        ga = g * (n - h) * (gate(z) if gate else z * _sigmoid(-a))
        gb = g * z * _tanh_slope(b)
        gh = g * (direct(z) if direct else _sigmoid(-a)) + wz.T @ ga + wn.T @ gb
        return ga + gb, gh, np.outer(ga, h), np.outer(gb, h)

    return Rule(backward, cause)


def _gru_gate_constant(g, y, x, h, wz, wn):
    """Forgets that the gate depends on h too."""
    gx, gh, gz, gn = _gru_with().backward(g, y, x, h, wz, wn)
    a, b = wz @ h + x, wn @ h + x
    return gx, gh - wz.T @ (g * (np.tanh(b) - h) * _sigmoid(a) * _sigmoid(-a)), gz, gn


def _scan(a, b, h):
    """All states h = a[t] h + b[t]."""
    y = np.zeros_like(b)
    for t in range(len(b)):
        h = a[t] * h + b[t]
        y[t] = h
    return y


def _scan_grad(g, y, a, b, h):
    gb, carried = np.zeros_like(b), np.zeros_like(h)
    for t in range(len(b) - 1, -1, -1):
        gb[t] = g[t] + carried
        carried = a[t] * gb[t]
    return gb * np.concatenate((np.reshape(h, 1), y[:-1])), gb, carried


def _scan_quotient(g, y, a, b, h):
    """From a product of all factors, divided by what is not needed."""
    with np.errstate(all="ignore"):
        weights = np.cumprod(a)
        gb = np.cumsum((g * weights)[::-1])[::-1] / weights
    return gb * np.concatenate((np.reshape(h, 1), y[:-1])), gb, gb[0] * a[0]


def _scan_after(g, y, a, b, h):
    """Takes the state after a step where it should take the one before."""
    _, gb, gh = _scan_grad(g, y, a, b, h)
    return gb * y, gb, gh


def _scan_same_factor(g, y, a, b, h):
    """Carries the gradient back with the factor of the step it goes to."""
    gb, carried = np.zeros_like(b), np.zeros_like(h)
    for t in range(len(b) - 1, -1, -1):
        gb[t] = g[t] + (a[t] * carried)
        carried = gb[t]
    return gb * np.concatenate((np.reshape(h, 1), y[:-1])), gb, _scan_grad(g, y, a, b, h)[2]


def _scan_start_constant(g, y, a, b, h):
    ga, gb, gh = _scan_grad(g, y, a, b, h)
    return ga, gb, 0.0 * gh


ENTRIES: list[Entry] = [
    Entry(
        "recurrent",
        "tanh_rnn",
        _rnn,
        right={"one_pass": Rule(_rnn_grad), "each_output": _rnn_with()},
        wrong={
            "last_step_of_weight": Rule(_rnn_last_weight, "term"),
            "three_steps_back": _rnn_with(depth=3, cause="term"),
            "weight_not_transposed": _rnn_with(carry=lambda w, gh: w @ gh, cause="transposed"),
            "outer_transposed": _rnn_with(outer=lambda ga, h: np.outer(h, ga), cause="transposed"),
        },
        shapes=[
            ((3, 2), (2,), (2, 2)),
            ((1, 2), (2,), (2, 2)),
            ((5, 1), (1,), (1, 1)),
            ((1, 1), (1,), (1, 1)),
        ],
    ),
    Entry(
        "recurrent",
        "cumulative_product",
        _cumprod,
        right={"scan": Rule(_cumprod_grad), "pairs": Rule(_cumprod_pairs)},
        wrong={
            "divides": Rule(_cumprod_quotient, "zero"),
            "nothing_at_zero": Rule(_cumprod_zero, "zero"),
            "second_zero": Rule(_cumprod_one_zero, "zero"),
            "from_the_front": Rule(_cumprod_forwards, "transposed"),
        },
        shapes=[((3,),), ((1,),), ((5,),)],
    ),
    Entry(
        "recurrent",
        "moving_average",
        _ema,
        right={"backwards": _ema_with()},
        wrong={
            "first_like_the_others": _ema_with(first=lambda decay: 1.0 - decay, cause="term"),
            "carries_the_rest": _ema_with(carry=lambda decay: 1.0 - decay, cause="local"),
            "truncated": Rule(_ema_truncated, "small"),
        },
        shapes=[((4,),), ((1,),), ((3, 2),), ((6,),)],
        params=[{"decay": 0.9}, {"decay": 0.5}, {"decay": 0.2}],
    ),
    Entry(
        "recurrent",
        "gru_cell",
        _gru,
        right={"chain": _gru_with()},
        wrong={
            "gate_slope": _gru_with(gate=lambda z: z, cause="local"),
            "direct_term": _gru_with(direct=lambda z: z, cause="formula"),
            "gate_constant_in_h": Rule(_gru_gate_constant, "term"),
        },
        shapes=[((2,), (2,), (2, 2), (2, 2)), ((3,), (3,), (3, 3), (3, 3)), ((1,), (1,), (1, 1), (1, 1))],
    ),
    Entry(
        "recurrent",
        "linear_scan",
        _scan,
        right={"backwards": Rule(_scan_grad)},
        wrong={
            "divides": Rule(_scan_quotient, "zero"),
            "state_after": Rule(_scan_after, "local"),
            "factor_too_late": Rule(_scan_same_factor, "local"),
            "start_constant": Rule(_scan_start_constant, "constant"),
        },
        shapes=[((3,), (3,), ()), ((1,), (1,), ()), ((5,), (5,), ())],
    ),
]
