"""Optimisers, and training with fit."""

from tests.battery.case import Case, Kind

OPTIMISERS = [
    Case(
        "a gradient that another loss left",
        """
a, b = leaf([1.0]), leaf([2.0])
(a * b).backward()
(a * a).backward()
opt = SGD([a, b], lr=0.1)
opt.step()
[a, b]
""",
        [0.8, 2],
        {
            "torch": """
a, b = leaf([1.0]), leaf([2.0])
opt = SGD([a, b], lr=0.1)
(a * b).backward()
opt.zero_grad()
(a * a).backward()
opt.step()
[a, b]
"""
        },
    ),
    Case(
        "the same after a first step",
        """
a, b = leaf([1.0]), leaf([2.0])
opt = SGD([a, b], lr=0.1)
(a * b).backward()
opt.step()
(a * b).backward()
(a * a).backward()
opt.step()
[a, b]
""",
        [0.64, 1.9],
        {
            "torch": """
a, b = leaf([1.0]), leaf([2.0])
opt = SGD([a, b], lr=0.1)
(a * b).backward()
opt.step()
opt.zero_grad()
(a * a).backward()
opt.step()
[a, b]
"""
        },
    ),
    Case(
        "the same with momentum",
        """
a, b = leaf([1.0]), leaf([2.0])
opt = SGD([a, b], lr=0.1, momentum=0.5)
(a * b).backward()
(a * a).backward()
opt.step()
b
""",
        2,
        {
            "torch": """
a, b = leaf([1.0]), leaf([2.0])
opt = SGD([a, b], lr=0.1, momentum=0.5)
(a * b).backward()
opt.zero_grad()
(a * a).backward()
opt.step()
b
"""
        },
    ),
    Case(
        "the same with Adam",
        """
a, b = leaf([1.0]), leaf([2.0])
opt = Adam([a, b], lr=0.1)
(a * b).backward()
(a * a).backward()
opt.step()
b
""",
        2,
        {
            "torch": """
a, b = leaf([1.0]), leaf([2.0])
opt = Adam([a, b], lr=0.1)
(a * b).backward()
opt.zero_grad()
(a * a).backward()
opt.step()
b
"""
        },
    ),
    Case(
        "backward twice for one step: the gradients do not add up",
        """
w = leaf([1.0])
opt = SGD([w], lr=0.1)
for _ in range(2):
    (w * w).sum().backward()
    opt.step()
w
""",
        0.64,
    ),
    Case(
        "backward(accumulate=True) in each of several steps",
        """
w = ag.nn.Parameter([1.0], name="w")
opt = ag.optim.SGD([w], lr=0.1)
for x in (1.0, 2.0, 3.0):
    (w * x).sum().backward(accumulate=True)
    opt.step()
w
""",
        0.4,
    ),
    Case(
        "backward(accumulate=True) over the two halves of a batch, two steps",
        """
w = ag.nn.Parameter([1.0], name="w")
opt = ag.optim.SGD([w], lr=0.1)
for _ in range(2):
    (w * 1.0).sum().backward()
    (w * 2.0).sum().backward(accumulate=True)
    opt.step()
w
""",
        0.4,
    ),
    Case(
        "a step without a new backward",
        """
w = leaf([1.0])
opt = SGD([w], lr=0.1)
(w * w).sum().backward()
opt.step()
opt.step()
w
""",
        0.64,
    ),
    Case(
        "a step on a loss that is nan",
        """
w = leaf([1.0])
opt = SGD([w], lr=0.1)
(w * nan).sum().backward()
opt.step()
w
""",
        None,
    ),
    Case(
        "a step on an infinite gradient",
        """
w = leaf([0.0])
opt = SGD([w], lr=0.1)
np.sqrt(w).sum().backward()
opt.step()
w
""",
        None,
    ),
    Case(
        "a parameter that the loss does not reach",
        """
a, b = ag.nn.Parameter([1.0], name="a"), ag.nn.Parameter([2.0], name="b")
opt = ag.optim.SGD([a, b], lr=0.1)
(a * a).sum().backward()
opt.step()
[a, b]
""",
        [0.8, 2],
    ),
    Case(
        "new data of another shape, with momentum",
        """
w = leaf([1.0, 2.0])
opt = SGD([w], lr=0.1, momentum=0.9)
w.sum().backward()
opt.step()
w.data = array([[1.0], [2.0]])
w.sum().backward()
opt.step()
w
""",
        None,
        {
            "torch": """
w = leaf([1.0, 2.0])
opt = SGD([w], lr=0.1, momentum=0.9)
w.sum().backward()
opt.step()
w.data = array([[1.0], [2.0]])
opt.zero_grad()
w.sum().backward()
opt.step()
w
"""
        },
    ),
    Case("a learning rate of 0 or less", "w = leaf([1.0])\nSGD([w], lr=-0.1).lr"),
    Case(
        "one parameter, given twice",
        """
w = leaf([1.0])
opt = SGD([w, w], lr=0.1)
w.sum().backward()
opt.step()
w
""",
        0.9,
    ),
    *[
        Case(
            f"{name} on a float16 parameter",
            f"""
w = leaf(numpy.array([1.0], numpy.float16))
opt = {name}([w], lr=0.125)
(w * 0.001).sum().backward()
opt.step()
w
""",
            right,
            rtol=0.01,
        )
        for name, right in (
            ("Adam", 0.875),
            ("AdamW", 0.875 - 0.125 * 0.01),
            ("RMSprop", 1 - 0.125 * 10),
        )
    ],
    Case(
        "Adam on a float16 parameter, its gradient 0",
        """
w = leaf(numpy.array([1.0], numpy.float16))
opt = Adam([w], lr=0.125)
(w * 0.0).sum().backward()
opt.step()
w
""",
        1,
    ),
]

FIT = [
    Case(
        "fit with a loss by hand, output (4, 1) and y (4,)",
        """
net = ag.nn.Linear(1, 1)
X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0.0, 1.0, 2.0, 3.0])
net.W.data, net.b.data = np.array([[1.0]]), np.zeros(1)
ag.fit(net, X, y, loss=lambda p, t: ((p - t) ** 2).mean(), optimizer=ag.optim.SGD(net.parameters(), lr=0.1),
       epochs=1, progress=False).loss
""",
        0,
    ),
    Case(
        "fit with a loss by hand, output (4,) and y (4, 1)",
        """
net = ag.nn.LogisticUnit(1)
X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[0.5], [0.5], [0.5], [0.5]])
ag.fit(net, X, y, loss=lambda p, t: np.mean(np.abs(p - t)), optimizer=ag.optim.SGD(net.parameters(), lr=0.1),
       epochs=1, progress=False, compile=True).loss
""",
        0,
    ),
    Case(
        "features of 60 000 with lr=0.1: the loss rises",
        """
X = np.array([[60000.0, 1.0], [59000.0, 0.0], [60500.0, 1.0], [59500.0, 0.0]])
y = np.array([1.0, 0.0, 1.0, 0.0])
unit = ag.nn.LogisticUnit(2)
opt = ag.optim.SGD(unit.parameters(), lr=0.1)
ag.fit(unit, X, y, loss=ag.bce, optimizer=opt, epochs=10, progress=False).loss
""",
    ),
    Case(
        "a learning rate that is too large: the squared error rises",
        """
w = ag.nn.Parameter([0.0], name="w")
ag.fit(lambda X: X @ w, np.array([[1.0], [3.0]]), np.array([1.0, 3.0]), loss=ag.mse,
       optimizer=ag.optim.SGD([w], lr=0.25), epochs=30, progress=False).loss
""",
    ),
    Case(
        "the accuracy of a hinge loss, labels -1 and +1",
        """
net = ag.nn.BinaryNetwork([1, 1])
net[0].W.data, net[0].b.data = np.array([4.0]), np.array(0.0)
X, y = np.array([[-1.0], [-2.0], [1.0], [2.0]]), np.array([-1.0, -1.0, 1.0, 1.0])
history = ag.fit(net, X, y, loss=ag.hinge, optimizer=ag.optim.SGD(net.parameters(), lr=0.01), epochs=1,
                 progress=False)
history.metrics.get("accuracy", [1.0])
""",
        1,
    ),
    Case(
        "the accuracy of soft labels",
        """
net = ag.nn.LogisticUnit(1)
net.w.data = np.array([4.0])
X, y = np.array([[-1.0], [1.0]]), np.array([0.1, 0.9])
history = ag.fit(net, X, y, loss=ag.bce, optimizer=ag.optim.SGD(net.parameters(), lr=0.01), epochs=1,
                 progress=False)
history.metrics.get("accuracy", [1.0])
""",
        1,
    ),
    Case(
        "the accuracy of a regression",
        """
net = ag.nn.BinaryNetwork([1, 1])
net[0].W.data, net[0].b.data = np.array([1.0]), np.array(0.0)
X, y = np.array([[-1.5], [2.5]]), np.array([-1.5, 2.5])
history = ag.fit(net, X, y, loss=ag.mse, optimizer=ag.optim.SGD(net.parameters(), lr=0.01), epochs=1,
                 progress=False)
history.metrics.get("accuracy", [1.0])
""",
        1,
    ),
    Case(
        "the accuracy of class labels, 0 and 1 of 2",
        """
net = ag.nn.Linear(1, 2)
net.W.data, net.b.data = np.array([[-1.0, 1.0]]), np.zeros(2)
history = ag.fit(net, np.array([[-1.0], [2.0]]), np.array([0, 0]), loss=ag.cross_entropy,
                 optimizer=ag.optim.SGD(net.parameters(), lr=0.01), epochs=1, progress=False)
history.metrics["accuracy"]
""",
        0.5,
    ),
    Case(
        'EarlyStopping(monitor="val_accuracy") keeps the best epoch',
        """
w = ag.nn.Parameter([0.0], name="w")
stop = ag.EarlyStopping(patience=10, monitor="val_accuracy")
stop.begin([w])
for epoch, accuracy in enumerate([0.5, 0.9, 0.6], 1):
    w.data = np.array([float(epoch)])
    stop(epoch, {"loss": 1.0, "val_accuracy": accuracy})
stop.end()
w
""",
        2,
    ),
    Case(
        'EarlyStopping(monitor="accuracy") stops when it no longer rises',
        """
stop = ag.EarlyStopping(patience=2, monitor="accuracy")
[stop(epoch, {"loss": 1.0, "accuracy": a}) for epoch, a in enumerate([0.5, 0.6, 0.7, 0.6, 0.6], 1)]
""",
        [0, 0, 0, 0, 1],
    ),
    Case(
        'EarlyStopping(monitor="val_loss") keeps the best epoch',
        """
w = ag.nn.Parameter([0.0], name="w")
stop = ag.EarlyStopping(patience=10, monitor="val_loss")
stop.begin([w])
for epoch, loss in enumerate([0.5, 0.2, 0.6], 1):
    w.data = np.array([float(epoch)])
    stop(epoch, {"loss": 1.0, "val_loss": loss})
stop.end()
w
""",
        2,
    ),
    Case("predict of an example with nan", "ag.nn.LogisticUnit(2).predict([[np.nan, 1.0]])"),
    Case(
        "predict_proba of an example with nan",
        """
ag.nn.BinaryNetwork([2, 4, 1], rng=0).predict_proba(np.array([[0.0, 1.0], [np.nan, 1.0]]))[1:]
""",
        [float("nan")],
    ),
    Case(
        "predict of a network for an example with nan",
        "ag.nn.BinaryNetwork([2, 4, 1], rng=0).predict(np.array([[0.0, 1.0], [np.nan, 1.0]]))",
    ),
    Case(
        "fit on an example with nan",
        """
unit = ag.nn.LogisticUnit(1)
ag.fit(unit, np.array([[np.nan], [1.0]]), np.array([0.0, 1.0]), loss=ag.bce,
       optimizer=ag.optim.SGD(unit.parameters(), lr=0.1), epochs=1, progress=False).loss
""",
    ),
    Case(
        "fit with fewer labels than examples",
        """
unit = ag.nn.LogisticUnit(1)
ag.fit(unit, np.zeros((3, 1)), np.array([0.0, 1.0]), loss=ag.bce,
       optimizer=ag.optim.SGD(unit.parameters(), lr=0.1), epochs=1, progress=False).loss
""",
    ),
]

KINDS = [
    Kind("Optimisers", "The parameters after the steps.", OPTIMISERS),
    Kind("Training with fit", "", FIT),
]
