"""First guesses from other libraries: names and arguments that this library does not have."""

from math import log

from tests.battery.case import Case, Kind

GUESSES = [
    Case("ag.tensor(2.0)", "ag.tensor(2.0)", 2, says="Tensor"),
    Case("ag.tanh", "ag.tanh(ag.Tensor(0.5))", 0.46211715726000973, says="np.tanh"),
    Case("ag.exp", "ag.exp(ag.Tensor(0.0))", 1, says="np.exp"),
    Case("ag.MSELoss()", "ag.MSELoss()", None),
    Case("ag.nn.CrossEntropyLoss()", "ag.nn.CrossEntropyLoss()", None),
    Case("ag.nn.Dense(2, 1)", "ag.nn.Dense(2, 1)", None),
    Case("t.tanh()", "ag.Tensor([0.0]).tanh()", 0, says="np.tanh"),
    Case("t.relu()", "ag.Tensor([-1.0, 2.0]).relu()", [0, 2], says="relu"),
    Case("t.sigmoid()", "ag.Tensor([0.0]).sigmoid()", 0.5, says="sigmoid"),
    Case("t.view(2)", "ag.Tensor([[1.0, 2.0]]).view(2)", [1, 2], says="reshape"),
    Case("t.zero_grad()", "ag.Tensor([1.0]).zero_grad()", None, says="overwrites"),
    Case(
        "@ag.op without parentheses",
        """
@ag.op
def twice(x):
    return 2 * x

twice(ag.Tensor(1.0))
""",
        2,
        says="op(",
    ),
    Case(
        "backward(retain_graph=True)",
        """
w = ag.Tensor([1.0, 2.0])
(w * w).sum().backward(retain_graph=True)
w.grad
""",
        [2, 4],
        says="retain_graph",
    ),
    Case(
        "w.grad.zero_()",
        """
w = ag.Tensor([1.0, 2.0])
(w * w).sum().backward()
w.grad.zero_()
w.grad
""",
        [0, 0],
    ),
    Case(
        "w.grad *= 0.5",
        """
w = ag.Tensor([1.0, 2.0])
(w * w).sum().backward()
w.grad *= 0.5
w.grad
""",
        [1, 2],
    ),
    Case(
        "w.grad = None",
        """
w = ag.Tensor([1.0, 2.0])
(w * w).sum().backward()
w.grad = None
(w * w).sum().backward()
w.grad
""",
        [2, 4],
    ),
    Case(
        "fit(validation_split=0.2)",
        """
unit = ag.nn.LogisticUnit(1)
ag.fit(unit, np.zeros((5, 1)), np.zeros(5), loss=ag.bce, optimizer=ag.optim.SGD(unit.parameters(), lr=0.1),
       epochs=1, progress=False, validation_split=0.2).loss
""",
        log(2),
        says="validation",
    ),
    Case(
        "BinaryNetwork(2, 4, 1)",
        "ag.nn.BinaryNetwork(2, 4, 1)(np.zeros((1, 2))).shape",
        [1],
        says="[2, 4, 1]",
    ),
    Case(
        "opt.params.append(b)",
        """
w, b = ag.nn.Parameter([1.0], name="w"), ag.nn.Parameter([1.0], name="b")
opt = ag.optim.SGD([w], lr=0.5)
opt.params.append(b)
(w * b).sum().backward()
opt.step()
[w, b]
""",
        [0.5, 0.5],
    ),
    Case(
        "opt.learning_rate = 5.0",
        """
w = ag.nn.Parameter([1.0], name="w")
opt = ag.optim.SGD([w], lr=0.5)
opt.learning_rate = 5.0
w.sum().backward()
opt.step()
w
""",
        -4,
        says="lr",
    ),
    Case(
        "opt.momemtum = 0.9, a slip of the pen",
        """
w = ag.nn.Parameter([1.0], name="w")
opt = ag.optim.SGD([w], lr=0.5)
opt.momemtum = 0.9
"""
        + "opt.momentum",
        0.9,
    ),
    Case(
        "SGD(learning_rate=0.1)",
        "ag.optim.SGD([ag.nn.Parameter([1.0])], learning_rate=0.1).lr",
        0.1,
        says="lr",
    ),
    Case(
        'LogisticRegression(penalty="l2")',
        'ag.linear_model.LogisticRegression(penalty="l2").C',
        None,
        says="give C",
    ),
    Case("round(loss, 3)", "round(ag.Tensor(0.12345), 3)", 0.123),
    Case("int(t) of 2.7", "int(ag.Tensor(2.7))", 2),
    Case("f'{loss:.3f}'", "float(f'{ag.Tensor(0.12345):.3f}')", 0.123),
    Case("np.array([t1, t2])", "np.array([ag.Tensor(1.0), ag.Tensor(2.0)])", [1, 2], says="np.stack"),
    Case(
        "plt.plot(t)",
        """
import matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot as plt
(line,) = plt.plot(ag.Tensor([1.0, 3.0]))
plt.close()
line.get_ydata()
""",
        [1, 3],
        says=".numpy()",
    ),
    Case(
        'DataFrame({"p": t})',
        """
import pandas
list(pandas.DataFrame({"p": ag.Tensor([1.0, 3.0])})["p"].astype(float))
""",
        [1, 3],
        says=".numpy()",
    ),
    Case("a list of numbers from a tensor", "list(map(float, ag.Tensor([1.0, 3.0]).numpy()))", [1, 3]),
    Case("a tensor in an if", "1.0 if ag.Tensor([0.0, 1.0]) else 2.0"),
    Case("t1 == t2 compares the numbers", "ag.Tensor([1.0, 2.0]) == ag.Tensor([1.0, 3.0])", [1, 0]),
    Case(
        "with ag.no_grad: without parentheses",
        """
w = ag.Tensor([1.0])
with ag.no_grad:
    y = w * 2
y
""",
        2,
    ),
    Case("loss.backward() of a vector", "ag.Tensor([1.0, 2.0]).backward()"),
    Case("ag.grad(f(x))", "ag.grad(ag.Tensor(2.0) ** 2)(2.0)", None),
]

KINDS = [
    Kind(
        "First guesses from other libraries",
        "It works, or the error names what it is called here.",
        GUESSES,
    ),
]
