"""Mutants of gradient rules that are still right, each with the proof.

The key is `Mutant.key`: (op, argument, "before -> after"). "The same" means equal up to rounding wherever
the op has a value and a derivative. Elsewhere the mutant must follow the convention in the op's docstring.
"""

_DISCARDED = "the outer np.where discards these entries; the number only has to be finite"
_ZERO_OVER = "the numerator is 0 where the denominator was 0, and 0 / 2 = 0 / 1"
_NOTHING = "the derivative is 0 or NaN, and 0 and -0 are equal"
_FLAT = "axis is None only where g has one axis, and then None and 0 mean the same to flip and cumsum"
_SUMMED_AS_ONES = "a factor of ones over a letter that another factor has already changes no sum"

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("power", "a", "np.where(undefined, 1.0, a) -> np.where(undefined, 2.0, a)"): (
        "undefined is where b = 0, and b multiplies the finite power: 0 either way"
    ),
    (
        "bce",
        "probability",
        "np.where(never, 1.0, probability) -> np.where(never, 2.0, probability)",
    ): _DISCARDED,
    (
        "bce",
        "probability",
        "np.where(always, 1.0, 1.0 - probability) -> np.where(always, 2.0, 1.0 - probability)",
    ): _DISCARDED,
    ("cross_entropy", "logits", "np.where(sure, log_p, 0.0) -> np.where(sure, log_p, 1.0)"): _DISCARDED,
    ("sign", "x", "np.zeros_like(g)[()] -> -np.zeros_like(g)[()]"): "0 and -0 are equal",
    ("pad", "x", "-1 -> -2"): "any negative number marks the border: it is read by source >= 0 alone",
    ("std", "x", "np.where(spread == 0, 1.0, spread) -> np.where(spread == 0, 2.0, spread)"): (
        f"{_ZERO_OVER}; entries whose spread underflows to 0 get a wrong gradient either way"
    ),
    (
        "cumsum",
        "x",
        "np.flip(np.flip(g, axis=axis or 0).cumsum(axis=axis or 0), axis=axis or 0) -> "
        "np.flip(np.flip(g, axis=axis or 0).cumsum(axis=axis or 0), axis=axis)",
    ): _FLAT,
    (
        "cumsum",
        "x",
        "np.flip(g, axis=axis or 0).cumsum(axis=axis or 0) -> np.flip(g, axis=axis or 0).cumsum(axis=axis)",
    ): _FLAT,
    ("cumsum", "x", "np.flip(g, axis=axis or 0) -> np.flip(g, axis=axis)"): _FLAT,
    ("logsumexp", "x", "np.where(empty, 0.0, x) -> np.where(empty, 1.0, x)"): _DISCARDED,
    ("abs_slope", "x", "g * np.where(x == 0, np.nan, 0.0 * y) -> -(g * np.where(x == 0, np.nan, 0.0 * y))"): (
        _NOTHING
    ),
    ("abs_slope", "x", "g * np.where(x == 0, np.nan, 0.0 * y) -> np.where(x == 0, np.nan, 0.0 * y)"): (
        _NOTHING
    ),
    (
        "std",
        "x",
        "abs_slope(spread) if per_entry(x, y) > 1 else 0.0 -> "
        "abs_slope(spread) if per_entry(x, y) > 1 else 1.0",
    ): "a single entry is its own mean, so that the other factor is 0 everywhere",
    ("einsum", "operands", "letter in wanted -> not letter in wanted"): (
        "each letter then goes to a fresh twin through an identity matrix, which is always right"
    ),
    ("einsum", "operands", "out + ''.join((term for term, _ in others)) -> out"): _SUMMED_AS_ONES,
    (
        "einsum",
        "operands",
        "out + ''.join((term for term, _ in others)) -> ''.join((term for term, _ in others))",
    ): _SUMMED_AS_ONES,
    ("einsum", "operands", "''.join(terms) + out -> ''.join(terms)"): (
        "every letter of the output is in a term"
    ),
    ("norm", "x", "x.size and (not holds(((length > low) & (length < high)).all())) -> x.size"): (
        "x / |x| is the same for x scaled by its largest entry: scaling always is right"
    ),
    ("norm", "x", "math.sqrt(kind.max) -> kind.max"): (
        "a norm beyond the root of the largest float comes out as inf, which is not below kind.max either"
    ),
    ("norm", "x", "np.where(size == 0, 1.0, size) -> np.where(size == 0, 2.0, size)"): _ZERO_OVER,
    ("norm", "x", "np.where(length == 0, 1.0, length) -> np.where(length == 0, 2.0, length)"): _ZERO_OVER,
}
