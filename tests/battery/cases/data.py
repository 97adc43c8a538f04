"""Python's own functions on tensors, data of other types, integers and small dtypes."""

from math import e, exp, log, log1p, nan

from tests.battery.case import Case, Kind


def at(title: str, f: str, x: str, right: object, **more: object) -> Case:
    """Return the case of a gradient: the expression of x, the point and the right gradient."""
    return Case(title, f"grad(lambda x: {f})({x})", right, **more)


PYTHON = [
    at("x * math.exp(x)", "x * math.exp(x)", "1.0", 2 * e),
    at("x * float(x)", "x * float(x)", "3.0", 6),
    at("math.sqrt(x * x + 1) * x", "math.sqrt(x * x + 1) * x", "0.0", 1),
    at("math.log(x) + x", "math.log(x) + x", "2.0", 1.5),
    at("int(x) * x", "int(x) * x", "2.7", 2),
    at("x * round(x)", "x * round(x)", "2.7", 3),
    at("x // 1 * x", "x // 1 * x", "2.7", 2),
    at("x % 2", "(x % 2) * x", "2.5", 3),
    at("abs(x) and max(x, 0)", "abs(x) + max(x, 0.0)", "2.0", 2),
    at("sum of a list of results", "sum([x * 1.0, x * 2.0, x * 3.0])", "1.0", 6),
    at("max of a list of results", "max([x * 1.0, x * 3.0, x * 2.0])", "1.0", 3),
    at("a Python if on the value", "x * x if x > 0 else -x", "3.0", 6),
    at("plain NumPy: numpy.exp(x) * x", "numpy.exp(x) * x", "1.0", 2 * e),
    at("plain NumPy: numpy.array([x, x * x]).sum()", "numpy.array([x, x * x]).sum()", "3.0", 7),
    at("plain NumPy: numpy.asarray(x * x) + x", "numpy.asarray(x * x) + x", "3.0", 7),
    at("plain NumPy: numpy.float64(x) * x", "numpy.float64(x) * x", "3.0", 6),
    at(
        "plain NumPy: numpy.dot(c, x)",
        "numpy.dot(numpy.array([2.0, 3.0]), x)",
        "numpy.array([1.0, 1.0])",
        [2, 3],
    ),
    at(
        "plain NumPy: numpy.sum(c * x)",
        "numpy.sum(numpy.array([2.0, 3.0]) * x)",
        "numpy.array([1.0, 1.0])",
        [2, 3],
    ),
    at(
        "plain NumPy: a list of floats of x",
        "numpy.sum([float(v) ** 2 for v in x]) + x.sum()",
        "numpy.array([1.0, 2.0])",
        [3, 5],
    ),
    at("plain NumPy: numpy.where", "numpy.where(x > 0, x * x, x).sum()", "numpy.array([3.0, -1.0])", [6, 1]),
    at("plain NumPy: numpy.stack of results", "numpy.stack([x, x * x]).sum()", "numpy.array([3.0])", [7]),
    at("copy.deepcopy of a result", "(copy.deepcopy(x * 2) * x).sum()", "numpy.array([1.0, 2.0])", [4, 8]),
    at("copy.copy of a result", "(copy.copy(x * 2) * x).sum()", "numpy.array([1.0, 2.0])", [4, 8]),
    at("copy.deepcopy of x", "(copy.deepcopy(x) * x).sum()", "numpy.array([1.0, 2.0])", [2, 4]),
    at(
        "a dictionary of results, copied",
        "copy.deepcopy({'h': x * x})['h'].sum()",
        "numpy.array([1.0, 2.0])",
        [2, 4],
    ),
    Case(
        "h[0] = 0 on a result",
        """
def f(x):
    h = 2 * x
    h[0] = 0.0
    return (h * h).sum()

grad(f)(numpy.array([1.0, 2.0]))
""",
        [0, 16],
    ),
    Case(
        "an array is filled entry by entry with results",
        """
def f(x):
    out = numpy.zeros(2)
    for i in range(2):
        out[i] = x[i] ** 2
    return (out * x).sum()

grad(f)(numpy.array([1.0, 2.0]))
""",
        [3, 12],
    ),
    Case(
        "out= of a plain array",
        """
def f(x):
    out = numpy.zeros(2)
    numpy.multiply(x, x, out=out)
    return out.sum() + x.sum()

grad(f)(numpy.array([1.0, 2.0]))
""",
        [3, 5],
    ),
    Case(
        "float(w) after w has a gradient",
        """
w = leaf(3.0)
(w * w).backward()
loss = w * float(w)
loss.backward()
w.grad
""",
        6,
        {
            "torch": """
w = leaf(3.0)
(w * w).backward()
w.grad = None
loss = w * float(w)
loss.backward()
w.grad
"""
        },
    ),
    Case(
        "math.exp(w) after w has a gradient",
        """
w = leaf(1.0)
(w * w).backward()
loss = w * math.exp(w)
loss.backward()
w.grad
""",
        2 * e,
        {
            "torch": """
w = leaf(1.0)
(w * w).backward()
w.grad = None
loss = w * math.exp(w)
loss.backward()
w.grad
"""
        },
    ),
    Case(
        "float(w) again and again, in a loop",
        """
w = leaf(3.0)
for _ in range(3):
    (w * float(w)).backward()
w.grad
""",
        6,
        {
            "torch": """
w = leaf(3.0)
for _ in range(3):
    w.grad = None
    (w * float(w)).backward()
w.grad
"""
        },
    ),
    Case(
        "the gradient is set by two backward calls in a row",
        """
w = leaf([1.0, 2.0])
loss = (w * w).sum()
for _ in range(2):
    (w * w).sum().backward()
w.grad
""",
        [2, 4],
    ),
    Case(
        "w.grad *= 0.5 does not change other gradients",
        """
a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
(a + b).sum().backward()
a.grad *= 0.5
b.grad
""",
        [1, 1],
    ),
]

DATA = [
    Case(
        "w.data = integers",
        """
w = leaf([0.5, 1.5])
w.data = array([3, -4])
(w * 0.5).sum().backward()
w.grad
""",
        [0.5, 0.5],
    ),
    Case(
        "w.data = integers, then a step of 0.1",
        """
w = leaf([0.5, 1.5])
w.data = array([3, -4])
opt = SGD([w], lr=0.1)
w.sum().backward()
opt.step()
w
""",
        [2.9, -4.1],
    ),
    Case(
        "w.data = True and False",
        """
w = leaf([0.5, 1.5])
w.data = array([True, False])
(w * 0.5).sum().backward()
w.grad
""",
        [0.5, 0.5],
    ),
    Case(
        "w.data = a Python list",
        """
w = leaf([0.5, 1.5])
w.data = [3, -4]
(w * 0.5).sum().backward()
w.grad
""",
        [0.5, 0.5],
    ),
    Case(
        "w.data of another shape",
        """
w = leaf([0.5, 1.5])
w.data = array([[1.0], [2.0]])
loss = ((w - array([1.0, 2.0])) ** 2).mean()
loss
""",
        0,
    ),
    Case(
        "w.data = one number",
        """
w = leaf([0.5, 1.5])
w.data = array(0.0)
((w - array([1.0, 2.0])) ** 2).mean().backward()
w.grad
""",
        [-1, -2],
    ),
    Case(
        "w.data of float32 for a float64 parameter",
        """
w = leaf([0.5, 1.5])
w.data = use(numpy.array([1.0, 2.0], numpy.float32))
(w * w).sum().backward()
w.grad
""",
        [2, 4],
    ),
    Case(
        "w.data with nan",
        """
w = leaf([0.5, 1.5])
w.data = array([nan, 1.0])
(w * w).sum().backward()
w.grad
""",
        [nan, 2],
        nan=True,
    ),
    Case(
        "a masked array: its masked entries do not count",
        "value(lambda x: np.sum(x * numpy.ma.array([1.0, 100.0], mask=[False, True])))(numpy.ones(2) * 2)",
        2,
    ),
    Case(
        "a masked array as the variable",
        "grad(lambda x: np.sum(x * x))(numpy.ma.array([1.0, 100.0], mask=[False, True]))",
        [2, 0],
    ),
    Case(
        "a masked array as labels",
        """
t = numpy.ma.array([1.0, 100.0], mask=[False, True])
value(lambda p: mse(p, use(t)))(numpy.array([2.0, 3.0]))
""",
        1,
    ),
    Case(
        "a masked array as w.data",
        """
w = leaf([1.0, 2.0])
w.data = numpy.ma.array([1.0, 100.0], mask=[False, True])
(w * w).sum()
""",
        1,
    ),
    Case(
        "a masked array as sample weights",
        """
weight = np.ma.array([1.0, 100.0], mask=[False, True])
value(lambda p: ag.mse(p, np.zeros(2), sample_weight=weight, reduction="sum"))(np.array([1.0, 1.0]))
""",
        1,
    ),
    Case(
        "a masked array as the start of backward",
        """
w = ag.Tensor([1.0, 2.0])
(w * w).backward(np.ma.array([1.0, 100.0], mask=[False, True]))
w.grad
""",
        [2, 0],
    ),
    Case(
        "a masked array as the examples of fit",
        """
unit = ag.nn.LogisticUnit(1)
X = np.ma.array([[1.0], [1e6]], mask=[[False], [True]])
ag.fit(unit, X, np.array([1.0, 0.0]), loss=ag.bce, optimizer=ag.optim.SGD(unit.parameters(), lr=1.0),
       epochs=1, progress=False)
unit.w
""",
    ),
    Case(
        "a masked array as the examples of LogisticRegression",
        """
X = np.ma.array([[-1.0], [1.0], [-1.0], [1.0], [1e6]], mask=[[False]] * 4 + [[True]])
ag.linear_model.LogisticRegression(C=1.0).fit(X, np.array([0, 1, 1, 0, 1])).coef_
""",
    ),
    Case(
        "a masked array of which nothing is masked",
        "value(lambda x: np.sum(x * numpy.ma.array([1.0, 2.0])))(numpy.array([2.0, 3.0]))",
        8,
    ),
    Case(
        "np.matrix times a vector is a matrix product",
        "value(lambda x: numpy.asmatrix([[1.0, 2.0], [3.0, 4.0]]) * x)(numpy.array([[1.0], [1.0]]))",
        [3, 7],
    ),
    Case(
        "np.matrix squared is a matrix product",
        "value(lambda x: (use(numpy.asmatrix([[1.0, 2.0], [3.0, 4.0]])) ** 2 * x).sum())(1.0)",
        54,
    ),
    Case(
        "np.matrix as the variable: x * x is a matrix product",
        "value(lambda x: (x * x).sum())(numpy.asmatrix([[1.0, 2.0], [3.0, 4.0]]))",
        54,
    ),
    Case(
        "complex numbers",
        "grad(lambda x: (x * array([1j, 2.0])).sum().real)(numpy.array([1.0, 2.0]))",
        [0, 2],
    ),
    Case("numbers as words", "value(lambda x: x.sum())(numpy.array(['1', '2']))", 3),
    Case("None in a list", "value(lambda x: x.sum())([1.0, None])"),
    Case("a ragged list", "value(lambda x: x.sum())([[1.0, 2.0], [3.0]])", 6),
    Case("dates", "value(lambda x: x.sum())(numpy.array(['2026-01-01'], 'datetime64[D]'))"),
    Case("an object array of floats", "value(lambda x: (x * x).sum())(numpy.array([1.0, 2.0], object))", 5),
    Case(
        "numbers of extended precision, 1 + 1e-18",
        "value(lambda x: (x - 1) * 1e18)(numpy.longdouble(1) + numpy.longdouble('1e-18'))",
        1,
        rtol=0.1,
    ),
    Case("an integer above 2**53", "value(lambda x: x - (2 ** 53))(numpy.array(2 ** 53 + 1))", 1),
    Case("integers as the variable", "grad(lambda x: (x * x).sum())(numpy.array([1, 2]))", [2, 4]),
    Case(
        "True and False as the variable",
        "grad(lambda x: (x * 2.0).sum())(numpy.array([True, False]))",
        [2, 2],
    ),
    Case(
        "a list of tensors in np.array",
        """
a, b = ag.Tensor(1.0), ag.Tensor(2.0)
np.array([a * a, b]).sum()
""",
        3,
    ),
]

S = [1 / (1 + exp(-k)) for k in (1, 2, 3)]
E = [exp(k - 3) / (1 + exp(-1) + exp(-2)) for k in (1, 2, 3)]
INTEGERS = [
    Case(
        "mse of integers and floats",
        "value(lambda t: mse(array([0, 1, 1]), t))(numpy.array([0.2, 0.7, 0.9]))",
        0.14 / 3,
    ),
    Case("its gradient", "grad(lambda t: mse(array([0, 1]), t))(numpy.array([0.25, 0.75]))", [0.25, -0.25]),
    Case("mse of integers and fractions, both constant", "mse(array([1, 2]), array([1.5, 2.5]))", 0.25),
    Case("mae of integers and fractions", "mae(array([1, 2]), array([1.5, 2.25]))", 0.375),
    Case(
        "Huber loss of integers and fractions", "huber(array([1, 4]), array([1.5, 2.5]))", (0.125 + 1.0) / 2
    ),
    Case("hinge loss of integer scores", "hinge(array([2, 0]), array([1.0, -1.0]))", 0.5),
    Case(
        "binary cross-entropy of integer logits and soft labels",
        "bce_with_logits(array([0, 1]), array([0.25, 0.5]))",
        (log(2) + log1p(exp(1)) - 0.5) / 2,
    ),
    Case(
        "cross-entropy of integer logits and soft labels",
        "cross_entropy(array([[0, 1]]), array([[0.5, 0.5]]))",
        log1p(exp(1)) - 0.5,
        dict.fromkeys(
            ("jax", "hips", "mygrad"),
            "-(array([[0.5, 0.5]]) * log_softmax(array([[0, 1]]))).sum(axis=-1).mean()",
        ),
    ),
    Case(
        "binary cross-entropy of integer probabilities and soft labels",
        "value(lambda t: bce(array([1, 0]), t))(numpy.array([1.0, 0.0]))",
        0,
        nan=True,
    ),
    Case("mse of unsigned bytes", "mse(use(numpy.uint8([1, 2])), use(numpy.uint8([2, 0])))", 2.5),
    Case(
        "mse of floats and unsigned bytes",
        "value(lambda p: mse(p, use(numpy.uint8([2, 200]))))(numpy.array([1.0, 202.0]))",
        2.5,
    ),
    Case("mse of signed bytes", "mse(use(numpy.int8([100])), use(numpy.int8([-100])))", 40000),
    Case("mse of True and False", "mse(array([True, False]), array([False, False]))", 0.5),
    Case("mae of unsigned bytes", "mae(use(numpy.uint8([1, 2])), use(numpy.uint8([2, 0])))", 1.5),
    *[
        Case(f"{f} of unsigned bytes", f"{f}(use(numpy.uint8([1, 2, 3])))", right)
        for f, right in (
            ("sigmoid", S),
            ("softmax", E),
            ("log_softmax", [log(p) for p in E]),
            ("softplus", [log1p(exp(k)) for k in (1, 2, 3)]),
            ("relu", [1, 2, 3]),
            ("logsumexp", 3 + log(1 + exp(-1) + exp(-2))),
        )
    ],
    Case(
        "sigmoid of unsigned integers of 64 bits",
        "sigmoid(use(numpy.array([1, 2, 3], numpy.uint64)))",
        S,
        instead={"torch": None},
    ),
    Case("sigmoid of negative bytes", "sigmoid(use(numpy.int8([-128, 0])))", [exp(-128), 0.5]),
    Case("sigmoid of an integer variable", "value(lambda x: sigmoid(x))(numpy.uint8([1, 2, 3]))", S),
    Case("softmax of an integer variable", "value(lambda x: softmax(x))(numpy.uint8([1, 2, 3]))", E),
    Case("softplus of True", "softplus(array([True]))", [log1p(exp(1))]),
    Case("leaky relu of negative integers", "ag.leaky_relu(np.array([-100, 3]))", [-1, 3]),
    Case(
        "affine of unsigned bytes",
        "value(lambda w: (use(numpy.array([[200, 100]], numpy.uint8)) * w).sum())(numpy.array([2.0, 3.0]))",
        700,
    ),
    Case(
        "2 ** x of an integer base",
        "grad(lambda x: (array([2, 3]) ** x).sum())(numpy.array([-1.0, 0.0]))",
        [log(2) / 2, log(3)],
    ),
    Case(
        "the mean of integers",
        "value(lambda x: np.mean(x))(numpy.array([1, 2]))",
        1.5,
        instead={"torch": None},
    ),
]

SMALL = [
    Case("the mean of 70 000 ones", "value(lambda x: x.mean())(numpy.ones(70000, numpy.float16))", 1),
    Case(
        "the gradient of that mean, its sum",
        "numpy.array(grad(lambda x: x.mean())(numpy.ones(70000, numpy.float16)), float).sum()",
        1,
        rtol=0.01,
    ),
    Case("the mean of 70 000 twos", "value(lambda x: np.mean(x))(numpy.full(70000, 2, numpy.float16))", 2),
    Case(
        "mse of 70 000 entries",
        "value(lambda p: mse(p, use(numpy.zeros(70000, numpy.float16))))(numpy.ones(70000, numpy.float16))",
        1,
    ),
    Case(
        "mae of 70 000 entries",
        "value(lambda p: mae(p, use(numpy.zeros(70000, numpy.float16))))(numpy.ones(70000, numpy.float16))",
        1,
    ),
    Case(
        "the gradient of mse of 70 000 entries, its sum",
        """
t = use(numpy.zeros(70000, numpy.float16))
numpy.array(grad(lambda p: mse(p, t))(numpy.ones(70000, numpy.float16)), float).sum()
""",
        2,
        rtol=0.01,
    ),
    Case(
        "binary cross-entropy of 70 000 logits",
        """
t = numpy.zeros(70000, numpy.float16)
value(lambda p: bce_with_logits(p, use(t)))(t)
""",
        log(2),
        rtol=0.01,
    ),
    Case(
        "cross-entropy of 70 000 rows",
        """
labels = use(numpy.zeros(70000, int))
value(lambda z: cross_entropy(z, labels))(numpy.zeros((70000, 2), numpy.float16))
""",
        log(2),
        rtol=0.01,
    ),
    Case(
        "the variance of 70 000 entries, 0 and 2",
        "value(lambda x: np.var(x))(numpy.tile(numpy.array([0, 2], numpy.float16), 35000))",
        1,
        rtol=0.01,
    ),
    Case(
        "the maximum of 70 000 equal entries: its gradient, its sum",
        "numpy.array(grad(lambda x: np.max(x))(numpy.zeros(70000, numpy.float16)), float).sum()",
        1,
        rtol=0.01,
    ),
    Case(
        "the minimum of 70 000 equal entries: its gradient, its sum",
        "numpy.array(grad(lambda x: np.min(x))(numpy.zeros(70000, numpy.float16)), float).sum()",
        1,
        rtol=0.01,
    ),
    Case(
        "logsumexp of 70 000 zeros",
        "value(lambda x: logsumexp(x))(numpy.zeros(70000, numpy.float16))",
        log(70000),
        rtol=0.01,
    ),
    Case(
        "the norm of 300, 400",
        "value(lambda x: np.linalg.norm(x))(numpy.array([300, 400], numpy.float16))",
        500,
        rtol=0.01,
    ),
    Case(
        "the sum of 20 000 times 0.1 in float32",
        "value(lambda x: x.sum())(numpy.full(20000, 0.1, numpy.float32))",
        2000,
        rtol=1e-5,
    ),
    Case(
        "softmax of 1000 classes",
        "value(lambda x: softmax(x).sum())(numpy.zeros(1000, numpy.float16))",
        1,
        rtol=0.01,
    ),
]

KINDS = [
    Kind("Python and plain NumPy inside of a function", "Gradients at a point.", PYTHON),
    Kind("Data of other types", "Data come in by a constructor, or as `w.data`.", DATA),
    Kind("Integers", "Losses and activations of integers.", INTEGERS),
    Kind("Half precision", "float16, unless the title names another dtype.", SMALL),
]
