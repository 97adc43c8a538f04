"""Memory that grows faster than the data, and the checker of gradient rules."""

from tests.battery.case import Case, Kind

PEAK = """
import tracemalloc

def peak(f):
    f()
    tracemalloc.start()
    f()
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return size

"""
MEMORY = [
    Case(
        "cross_entropy of (1, 2 000) logits needs less than 1 MB",
        PEAK
        + """
z = numpy.zeros((1, 2000))
peak(lambda: grad(lambda z: cross_entropy(z, array([5])))(z)) < 1e6
""",
        1,
        {"torch": None, "jax": None},
    ),
    Case(
        "the product of 2 000 numbers with a zero needs less than 1 MB",
        PEAK
        + """
x = numpy.ones(2000)
x[3] = 0.0
peak(lambda: grad(lambda x: np.prod(x))(x)) < 1e6
""",
        1,
        {"torch": None, "jax": None},
    ),
    Case(
        "the product of 2 000 numbers that underflows needs less than 1 MB",
        PEAK
        + """
x = numpy.full(2000, 0.1)
peak(lambda: grad(lambda x: np.prod(x))(x)) < 1e6
""",
        1,
        {"torch": None, "jax": None},
    ),
    Case(
        "concatenate of 1 000 entries needs less than 2 MB",
        PEAK
        + """
x = numpy.ones(1000)
peak(lambda: grad(lambda x: np.concatenate([x[i:i + 1] for i in range(0, 1000, 10)]).sum())(x)) < 2e6
""",
        1,
        {"torch": None, "jax": None},
    ),
    Case(
        "w = w - lr * w.grad in a loop: the tensors of earlier steps are freed",
        """
import weakref

w = leaf([1.0, 2.0])
for step in range(260):
    (w * w).sum().backward()
    w = w - 0.01 * w.grad
    if step == 0:
        first = weakref.ref(w)

first() is None
""",
        1,
        {"torch": None},
    ),
    Case(
        "the checker, asked about a rule that is right at the default setting only",
        """
@ag.op("battery_scaled", domain=ag.OPS["tanh"].domains["x"])
def battery_scaled(x, *, power: float = 1.0):
    return x * power

@battery_scaled.gradient("x")
def _(g, y, x, power):
    return g

report = ag.testing.check_op(battery_scaled, budget="quick")
ag.OPS.pop("battery_scaled", None)
1.0 if "power" in str(report) else 0.0
""",
        1,
    ),
]

KINDS = [Kind("Memory, and the checker of rules", "", MEMORY)]
