"""Numbers at the edge: masks, kinks, logarithms of sums, extreme logits, products and powers."""

from math import cos, cosh, e, exp, inf, log, nan, pi, sin, sqrt

from tests.battery.case import Case, Kind

P = 1 / (2 + exp(30) + exp(-30))  # p (1 - p) for the probability p of a logit of 30


def grad(f: str, at: str, right: object, title: str = "", **more: object) -> Case:
    """Return the case of a gradient: the expression of x, the point and the right gradient."""
    return Case(title or f"{f} at {at}", f"grad(lambda x: {f})({at})", right, **more)


def hessian(f: str, at: str, right: object, title: str = "", **more: object) -> Case:
    """Return the case of second derivatives."""
    return Case((title or f"{f} at {at}") + ", second order", f"hessian(lambda x: {f})({at})", right, **more)


def points(*numbers: float) -> str:
    """Return the text of an array."""
    return f"numpy.array({list(numbers)})"


MASKS = [
    grad("np.where(x >= 0, x, np.sqrt(-x))", "1.0", 1.0, "the root of -x where x < 0, at 1"),
    grad("np.where(x > 0, np.sqrt(x), 0.0).sum()", points(0.0, 4.0), [0, 0.25], "a root behind a mask, at 0"),
    grad(
        "np.where(x > 0, np.log(x), 0.0).sum()",
        points(0.0, -1.0, 2.0),
        [0, 0, 0.5],
        "a logarithm behind a mask",
    ),
    grad("np.where(x != 0, 1 / x, 0.0).sum()", points(0.0, 2.0), [0, -0.25], "1 / x behind a mask"),
    grad(
        "np.where(x != 0, np.sin(x) / x, 1.0).sum()",
        points(0.0, 1.0),
        [0, cos(1) - sin(1)],
        "sin(x) / x behind a mask",
    ),
    grad("np.where(x > 0, x ** 0.3, 0.0).sum()", points(0.0, 1.0), [0, 0.3], "a power behind a mask"),
    grad(
        "np.where(x > 0, x ** x, 1.0).sum()", points(0.0, 2.0), [0, 4 * (1 + log(2))], "x ** x behind a mask"
    ),
    grad("np.where(x < 100, np.exp(x), 0.0).sum()", points(1000.0, 1.0), [0, e], "exp(1000) behind a mask"),
    grad(
        "np.where(x < 1, np.arcsin(x), 0.0).sum()",
        points(1.0, 0.5),
        [0, 1 / sqrt(0.75)],
        "arcsin behind a mask",
    ),
    grad("np.where(x < 1, np.arctanh(x), 0.0).sum()", points(1.0, 0.5), [0, 4 / 3], "arctanh behind a mask"),
    grad("np.where(x > -1, np.log1p(x), 0.0).sum()", points(-1.0, 1.0), [0, 0.5], "log1p behind a mask"),
    grad(
        "np.where(x.sum() > 0, np.sqrt((x * x).sum()), 0.0)",
        points(0.0, 0.0),
        [0, 0],
        "the length of a zero vector behind a mask",
    ),
    grad(
        "(x / np.where((x * x).sum() > 0, np.sqrt((x * x).sum()), 1.0)).sum()",
        points(0.0, 0.0),
        [1, 1],
        "a vector divided by its length, or by 1 if that is 0",
    ),
    grad(
        "np.where(x > 30, x, np.log(1 + np.exp(x))).sum()",
        points(800.0, 0.0),
        [1, 0.5],
        "softplus by hand, with a mask against overflow",
    ),
    grad(
        "np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x))).sum()",
        points(-800.0, 0.0, 800.0),
        [0, 0.25, 0],
        "sigmoid by hand, with a mask against overflow",
    ),
    grad("np.sqrt(relu(x))", "-1.0", 0, "the root of relu, at -1"),
    grad("np.sqrt(relu(x)).sum()", points(-2.0, -0.5, 4.0), [0, 0, 0.25], "the roots of relu"),
    grad("(relu(x) ** 0.3).sum()", points(-2.0, 1.0), [0, 0.3], "a power of relu"),
    grad(
        "np.sqrt(np.maximum(x, array(0.0))).sum()", points(-1.0, 4.0), [0, 0.25], "the root of maximum(x, 0)"
    ),
    grad("np.sqrt(np.minimum(x, array(0.0))).sum()", points(4.0, 9.0), [0, 0], "the root of minimum(x, 0)"),
    grad("np.sqrt(np.clip(x, 0.0, 9.0)).sum()", points(-1.0, 4.0, 16.0), [0, 0.25, 0], "the root of clip"),
    grad(
        "np.arccos(np.clip(x, -1.0, 1.0)).sum()",
        points(2.0, 0.5, -1.5),
        [0, -1 / sqrt(0.75), 0],
        "arccos of clip(x, -1, 1)",
    ),
    grad(
        "np.log(np.clip(x, 0.0, 1.0)[1:]).sum()", points(-1.0, 0.5), [0, 2], "a logarithm of entries of clip"
    ),
    grad("np.sqrt(np.max(x))", points(-1.0, 0.0), [0, inf], "the root of the largest entry, 0"),
    grad("np.sqrt(np.min(x))", points(0.0, 1.0), [inf, 0], "the root of the smallest entry, 0"),
    grad("np.sqrt(x)[1:].sum()", points(0.0, 4.0), [0, 0.25], "the roots of all entries, and 0 is not used"),
    grad(
        "(1 / x)[array([1, 1])].sum()",
        points(0.0, 2.0),
        [0, -0.5],
        "1 / x of all entries, and 0 is not used (index array)",
    ),
    grad(
        "np.log(x)[array([False, True])].sum()",
        points(0.0, 2.0),
        [0, 0.5],
        "logarithms of all entries, and 0 is not used (boolean mask)",
    ),
    grad(
        "np.linalg.norm(np.where(array([False, False]), x, 0.0))",
        points(3.0, 4.0),
        [0, 0],
        "the norm of a vector that a mask set to 0",
    ),
    grad("np.sqrt(x) ** 2", "0.0", 1.0, "sqrt(x) ** 2 at 0: the zero is in the data", nan=True),
    hessian(
        "np.where(x > 0, np.sqrt(x), 0.0).sum()", points(0.0, 4.0), [0, 0, 0, -1 / 32], "a root behind a mask"
    ),
    hessian("np.where(x != 0, 1 / x, 0.0).sum()", points(0.0, 2.0), [0, 0, 0, 0.25], "1 / x behind a mask"),
    hessian(
        "np.where(x >= 0, x ** 2, np.log(-x)).sum()",
        points(0.0, 1.0),
        [2, 0, 0, 2],
        "a logarithm behind a mask",
    ),
    hessian("np.sqrt(relu(x)).sum()", points(-1.0, 4.0), [0, 0, 0, -1 / 32], "the roots of relu"),
    hessian("np.sqrt(np.clip(x, 0.0, 9.0)).sum()", points(-1.0, 4.0), [0, 0, 0, -1 / 32], "the root of clip"),
    hessian(
        "np.sqrt(x)[1:].sum()",
        points(0.0, 4.0),
        [0, 0, 0, -1 / 32],
        "the roots of all entries, and 0 is not used",
    ),
    hessian(
        "np.where(x < 100, np.exp(x), x).sum()", points(1000.0, 1.0), [0, 0, 0, e], "exp(1000) behind a mask"
    ),
]

KINKS = [
    grad("np.std(x)", "numpy.full(3, 0.1)", [0, 0, 0], "the standard deviation of 0.1, 0.1, 0.1"),
    grad("np.std(x)", "numpy.full(7, 1 / 3)", [0] * 7, "the standard deviation of seven times 1/3"),
    grad("np.std(x)", "numpy.full(3, 1e9 + 0.1)", [0, 0, 0], "the standard deviation of equal large numbers"),
    grad("np.linalg.norm(x)", points(0.0, 0.0), [0, 0], "the norm of a zero vector"),
    hessian(
        "np.exp(-np.linalg.norm(x - array([1.0, 2.0])) ** 2)",
        points(1.0, 2.0),
        [-2, 0, 0, -2],
        "exp(-norm(x - a)²) at a",
        nan=True,
    ),
    hessian("5 * np.linalg.norm(x) ** 2", points(0.0, 0.0), [10, 0, 0, 10], "5 norm(x)² at 0", nan=True),
    hessian("np.linalg.norm(x) ** 3", points(0.0, 0.0), [0, 0, 0, 0], "norm(x)³ at 0", nan=True),
    hessian("np.abs(x) ** 2", "0.0", 2, "|x|² at 0", nan=True),
    hessian("np.abs(x - 1) ** 2 + x ** 2", "1.0", 4, "|x - 1|² + x² at 1", nan=True),
    hessian("np.abs(x) ** 3", "0.0", 0, "|x|³ at 0", nan=True),
    hessian(
        "np.std(x) ** 2",
        "numpy.full(2, 0.7)",
        [0.5, -0.5, -0.5, 0.5],
        "the squared standard deviation of equal entries",
        nan=True,
    ),
    hessian("np.hypot(x[0], x[1]) ** 2", points(0.0, 0.0), [2, 0, 0, 2], "hypot(x, y)² at 0", nan=True),
    hessian("(x ** 2) ** 1.5", "0.0", 0, "(x²)^1.5 at 0", nan=True),
    hessian("np.sqrt(x ** 2) ** 2", "0.0", 2, "sqrt(x²)² at 0", nan=True),
    grad("np.sinc(x)", "0.0", 0, "sinc at 0"),
    hessian("np.sinc(x)", "0.0", -(pi**2) / 3, "sinc at 0"),
]

LOG_SUM_EXP = [
    grad("logsumexp(x)", points(1e17, 1e17), [0.5, 0.5], "logsumexp of 1e17, 1e17"),
    grad("logsumexp(x)", points(-1e18, -1e18, -1e18), [1 / 3] * 3, "logsumexp of three times -1e18"),
    grad("logsumexp(x)", points(1e300, 1e300), [0.5, 0.5], "logsumexp of 1e300, 1e300"),
    grad(
        "logsumexp(x)", "numpy.full(3, 1e8, numpy.float32)", [1 / 3] * 3, "logsumexp of float32 numbers 1e8"
    ),
    grad("logsumexp(x)", points(5.0, inf), [0, 1], "logsumexp of 5, inf"),
    grad("logsumexp(x)", points(-inf, -inf, 2.0), [0, 0, 1], "logsumexp of -inf, -inf, 2"),
    grad(
        "np.logaddexp(np.logaddexp(x[0], x[1]), x[2])",
        points(-inf, -inf, 2.0),
        [0, 0, 1],
        "logaddexp of -inf, -inf, 2",
    ),
    grad("np.logaddexp(x[0], x[1])", points(1e17, 1e17), [0.5, 0.5], "logaddexp of 1e17, 1e17"),
    hessian("logsumexp(x)", points(0.0, 30.0), [P, -P, -P, P], "logsumexp of 0, 30"),
    hessian(
        "logsumexp(x)",
        points(0.0, -40.0),
        [1 / (2 + exp(40)) * s for s in (1, -1, -1, 1)],
        "logsumexp of 0, -40",
    ),
    hessian("log_softmax(x)[1]", points(0.0, 30.0), [-P, P, P, -P], "log_softmax of 0, 30"),
    hessian(
        "cross_entropy(x[None], array([1]))",
        points(0.0, 30.0),
        [P, -P, -P, P],
        "the cross-entropy of logits 0, 30",
    ),
    hessian("bce_with_logits(x, array([1.0]))", points(30.0), [P], "the binary cross-entropy of logit 30"),
    hessian("bce(sigmoid(x), array([1.0]))", points(30.0), [P], "the binary cross-entropy of sigmoid(30)"),
    hessian("softplus(x)", "33.0", 1 / (2 + exp(33)), "softplus at 33"),
    hessian("np.logaddexp(x, array(0.0))", "33.0", 1 / (2 + exp(33)), "logaddexp(x, 0) at 33"),
    grad("softmax(x)[1]", points(0.0, 30.0), [-P, P], "softmax of 0, 30"),
    grad("sigmoid(x)", "33.0", 1 / (2 + exp(33)), "sigmoid at 33"),
    grad("sigmoid(x)", "40.0", 1 / (2 + exp(40)), "sigmoid at 40"),
    grad("sigmoid(x)", "-800.0", 0, "sigmoid at -800"),
    grad("np.tanh(x)", "8.0", 1 / cosh(8) ** 2, "tanh at 8"),
    grad("softmax(x)[1]", points(-inf, 0.0, 0.0), [0, 0.25, -0.25], "softmax with -inf for a masked entry"),
    grad(
        "log_softmax(x)[1]",
        points(-inf, 0.0, 0.0),
        [0, 0.5, -0.5],
        "log_softmax with -inf for a masked entry",
    ),
    grad("softmax(x)[0]", points(1e17, 1e17), [0.25, -0.25], "softmax of 1e17, 1e17"),
    grad("log_softmax(x)[0]", points(1e17, 0.0), [0, 0], "log_softmax of 1e17, 0"),
    grad(
        "cross_entropy(x[None], array([1]))", points(1e4, 0.0), [1, -1], "the cross-entropy of logits 1e4, 0"
    ),
    grad(
        "cross_entropy(x[None], array([1]))",
        points(-inf, 0.0),
        [0, 0],
        "the cross-entropy with a logit of -inf for another class",
    ),
]

LOGITS = (
    [
        Case(
            f"binary cross-entropy of {name}({z}), label {y}: {what}",
            f"{function}(lambda x: {loss})(numpy.array([{z}.0]))",
            right,
        )
        for name, loss_of in (
            ("sigmoid", "bce(sigmoid(x), array([{}.0]))"),
            ("logit ", "bce_with_logits(x, array([{}.0]))"),
        )
        for z, y, value, slope in ((-800, 1, 800, -1), (40, 0, 40, 1), (40, 1, exp(-40), -exp(-40)))
        for what, function, right, loss in (
            ("value", "value", value, loss_of.format(y)),
            ("gradient", "grad", slope, loss_of.format(y)),
        )
    ]
    + [
        Case(
            f"its gradient for the label is -z, at z = {z}",
            f"grad(lambda x: bce(sigmoid(x[:1]), x[1:]))(numpy.array([{z}.0, 0.3]))[1]",
            -z,
        )
        for z in (30, 36, 40, -800)
    ]
    + [
        Case(
            "an infinite logit that is right adds nothing to the loss",
            "value(lambda z: bce_with_logits(z, array([1.0, 0.0])))(numpy.array([inf, 0.0]))",
            log(2) / 2,
        ),
        Case(
            "the same of its sigmoid",
            "value(lambda z: bce(sigmoid(z), array([1.0, 0.0])))(numpy.array([inf, 0.0]))",
            log(2) / 2,
        ),
        Case(
            "an infinite logit that is wrong: the loss is infinite",
            "value(lambda z: bce_with_logits(z, array([1.0])))(numpy.array([-inf]))",
            inf,
        ),
        Case(
            "a logit that is nan",
            "grad(lambda z: bce_with_logits(z, array([1.0, 0.0])))(numpy.array([nan, 0.0]))",
            [nan, 0.25],
            nan=True,
        ),
        Case(
            "a label that is nan",
            "grad(lambda z: bce_with_logits(z, array([nan, 0.0])))(numpy.array([1.0, 0.0]))",
            [nan, 0.25],
            nan=True,
        ),
        Case(
            "a target that is nan",
            "grad(lambda p: mse(p, array([nan, 1.0])))(numpy.array([1.0, 0.5]))",
            [nan, -0.5],
            nan=True,
        ),
        Case(
            "the gradient of log(2) + log(-1), which is nan",
            "grad(lambda x: np.log(x).sum())(numpy.array([2.0, -1.0]))",
            [0.5, nan],
            nan=True,
        ),
        Case(
            "the gradient of sqrt(4) + sqrt(-1), which is nan",
            "grad(lambda x: np.sqrt(x).sum())(numpy.array([4.0, -1.0]))",
            [0.25, nan],
            nan=True,
        ),
        Case(
            "the gradient of a power of a negative number, which is nan",
            "grad(lambda x: (x ** 1.5).sum())(numpy.array([1.0, -1.0]))",
            [1.5, nan],
            nan=True,
        ),
    ]
)

PRODUCTS = [
    grad("np.prod(x)", points(1e-162, 3e-162, 1.0), [3e-162, 1e-162, 0], "the product of tiny numbers"),
    grad("np.prod(x)", points(0.0, 2.0, 3.0), [6, 0, 0], "a product with a zero"),
    grad("np.prod(x)", points(0.0, 0.0, 3.0), [0, 0, 0], "a product with two zeros"),
    grad(
        "np.prod(x)",
        points(1e200, 1e-200, 1e200, 1e-300),
        [1e-300, 1e100, 1e-300, 1e200],
        "a product whose parts overflow",
    ),
    grad("np.cumprod(x, axis=0).sum()", points(2.0, 0.0, 3.0), [1, 8, 0], "cumulative products with a zero"),
    grad(
        "(x ** use(numpy.arange(3, dtype=numpy.uint8))).sum()", "20.0", 41, "x ** (0, 1, 2) of unsigned bytes"
    ),
    hessian(
        "(x ** use(numpy.arange(3, dtype=numpy.uint8))).sum()", "20.0", 2, "x ** (0, 1, 2) of unsigned bytes"
    ),
    grad(
        "(x ** use(numpy.arange(4, dtype=numpy.int8))).sum()", "2.0", 17, "x ** (0, 1, 2, 3) of signed bytes"
    ),
    grad("x ** 0", "0.0", 0, "x ** 0 at 0"),
    grad("x ** 1", "0.0", 1, "x ** 1 at 0"),
    grad("x ** 2.0", "0.0", 0, "x ** 2 at 0"),
    hessian("x ** 2.0", "0.0", 2, "x ** 2 at 0"),
    grad("(array([0.0, 1.0, 2.0]) ** x).sum()", "2.0", 4 * log(2), "(0, 1, 2) ** x at 2"),
    grad("np.power(array(0.0), x)", "-1.0", -inf, "0 ** x at x = -1, which is infinite", nan=True),
    grad("np.power(array(0.0), x)", "2.0", 0, "0 ** x at 2"),
    grad("np.power(x, array([2.0, 3.0])).sum()", points(-2.0, -1.0), [-4, 3], "powers of negative numbers"),
    grad("np.linalg.norm(x)", points(1e200, 1e200), [sqrt(0.5)] * 2, "the norm of 1e200, 1e200"),
    grad("np.linalg.norm(x)", points(1e-200, 1e-200), [sqrt(0.5)] * 2, "the norm of 1e-200, 1e-200"),
    grad("np.hypot(x[0], x[1])", points(3e200, 4e200), [0.6, 0.8], "hypot of 3e200, 4e200"),
    grad("np.std(x)", points(1e200, -1e200), [0.5, -0.5], "the standard deviation of 1e200, -1e200"),
    grad(
        "np.linalg.det(x)",
        "numpy.array([[1.0, 2.0], [2.0, 4.0]])",
        [4, -2, -2, 1],
        "the determinant of a singular matrix",
    ),
    grad("np.arctan2(x[0], x[1])", points(1e-200, 1e-200), [5e199, -5e199], "arctan2 of 1e-200, 1e-200"),
    grad("np.expm1(np.log1p(x))", "1e-20", 1, "expm1(log1p(x)) at 1e-20"),
    grad(
        "np.var(x, ddof=1)",
        points(2.0),
        [nan],
        "the sample variance of a single number",
        instead={"torch": "grad(lambda x: torch.var(x))(numpy.array([2.0]))"},
    ),
    Case(
        "the reciprocals of integers", "value(lambda x: np.reciprocal(x))(numpy.array([2, 4]))", [0.5, 0.25]
    ),
]

KINDS = [
    Kind("Zeros that a mask made", "Gradients. A branch that is not taken must not matter.", MASKS),
    Kind("Kinks", "A derivative that does not exist may be nan. A wrong number is wrong.", KINKS),
    Kind("Logarithms of sums of exponentials", "Gradients, unless the title says second order.", LOG_SUM_EXP),
    Kind("Extreme logits, and nan", "nan in, nan out is right.", LOGITS),
    Kind("Products, powers and norms", "Gradients, unless the title says second order.", PRODUCTS),
]
