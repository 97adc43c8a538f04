"""Losses: shapes that broadcast, weights, activations applied twice, swapped arguments, labels."""

from math import exp, log, log1p, nan

from tests.battery.case import Case, Kind

ONLY_PEERS_WITH_WEIGHTS = {"jax": None, "hips": None, "mygrad": None}


def loss(title: str, code: str, right: object = None, at: str = "[0.0, 1.0, 2.0]", **more: object) -> Case:
    """Return the case of the value of a loss: an expression of p, at a point."""
    return Case(title, f"value(lambda p: {code})(numpy.array({at}))", right, **more)


COLUMN = "[[0.0], [1.0], [2.0]]"
SHAPES = [
    loss("mse of (3, 1) and (3,)", "mse(p, array([0.0, 1.0, 2.0]))", 0, COLUMN),
    loss("mse of (3,) and (3, 1)", f"mse(p, array({COLUMN}))", 0),
    loss("mse of (1, 3) and (3, 1)", f"mse(p, array({COLUMN}))", 0, "[[0.0, 1.0, 2.0]]"),
    loss("mae of (3, 1) and (3,)", "mae(p, array([0.0, 1.0, 2.0]))", 0, COLUMN),
    loss("Huber loss of (3, 1) and (3,)", "huber(p, array([0.0, 1.0, 2.0]))", 0, COLUMN),
    loss("hinge loss of (3, 1) and (3,)", "hinge(p, array([-1.0, 1.0, 1.0]))", 1 / 3, COLUMN),
    loss(
        "cross-entropy of probabilities (3, 1) and labels (3,)",
        "bce(p, array([0.0, 0.0, 1.0]))",
        -(log(0.9) + log(0.8) + log(0.7)) / 3,
        "[[0.1], [0.2], [0.7]]",
    ),
    loss(
        "cross-entropy of logits (3, 1) and labels (3,)",
        "bce_with_logits(p, array([0.0, 0.0, 1.0]))",
        (log(2) + log1p(exp(1)) + log1p(exp(-2))) / 3,
        COLUMN,
    ),
    loss(
        "cross-entropy of logits (3,) and labels (3, 1)",
        "bce_with_logits(p, array([[0.0], [0.0], [1.0]]))",
        (log(2) + log1p(exp(1)) + log1p(exp(-2))) / 3,
    ),
    loss("mse of (3,) and a number", "mse(p, 1.0)", 2 / 3),
    Case(
        "the gradient of mse of (2, 1) and (2,)",
        "grad(lambda p: mse(p, array([0.0, 1.0])))(numpy.array([[1.0], [2.0]]))",
        [1, 1],
    ),
    Case(
        "sample_weight (3,) for a loss of (3, 1)",
        """
t = np.array([[1.0], [2.0], [3.0]])
value(lambda p: ag.mse(p, t, sample_weight=np.array([1.0, 2.0, 3.0])))(numpy.zeros((3, 1)))
""",
        (1 + 8 + 27) / 3,
    ),
    Case(
        "sample_weight (3, 1) for a loss of (3,)",
        """
t = np.array([1.0, 2.0, 3.0])
value(lambda p: ag.mae(p, t, sample_weight=np.ones((3, 1))))(numpy.zeros(3))
""",
        2,
    ),
    Case(
        "sample_weight of one entry for a loss of (3,)",
        """
t = np.array([1.0, 2.0, 3.0])
value(lambda p: ag.mse(p, t, sample_weight=np.array([2.0])))(numpy.zeros(3))
""",
    ),
    loss(
        "pos_weight (3,) for logits (3, 1)",
        "bce_with_logits(p, array([[0.0], [1.0], [1.0]]), pos_weight=array([2.0, 2.0, 2.0]))",
        (log(2) + 2 * log1p(exp(-1)) + 2 * log1p(exp(-2))) / 3,
        COLUMN,
        instead=ONLY_PEERS_WITH_WEIGHTS,
    ),
    loss(
        "pos_weight (3, 1) for logits (3,)",
        "bce_with_logits(p, array([0.0, 1.0, 1.0]), pos_weight=array([[2.0], [2.0], [2.0]]))",
        (log(2) + 2 * log1p(exp(-1)) + 2 * log1p(exp(-2))) / 3,
        instead=ONLY_PEERS_WITH_WEIGHTS,
    ),
    Case(
        "pos_weight (3,) for probabilities (3, 1)",
        """
y = np.array([[0.0], [1.0], [1.0]])
grad(lambda p: ag.bce(p, y, pos_weight=np.array([2.0, 2.0, 2.0])))(numpy.full((3, 1), 0.5))
""",
        [2 / 3, -4 / 3, -4 / 3],
    ),
    Case(
        "the gradient with pos_weight (2,) for logits (2, 1)",
        """
y = array([[1.0], [0.0]])
grad(lambda z: bce_with_logits(z, y, pos_weight=array([3.0, 3.0])))(numpy.zeros((2, 1)))
""",
        [-0.75, 0.25],
        ONLY_PEERS_WITH_WEIGHTS,
    ),
    Case(
        "sample_weight (2,) for a cross-entropy of (2, 3) logits",
        """
weight = np.array([1.0, 3.0])
value(lambda z: ag.cross_entropy(z, np.array([0, 1]), sample_weight=weight))(numpy.zeros((2, 3)))
""",
        2 * log(3),
    ),
    Case(
        "sample_weight (2, 1) for a cross-entropy of (2, 3) logits",
        """
value(lambda z: ag.cross_entropy(z, np.array([0, 1]), sample_weight=np.ones((2, 1))))(numpy.zeros((2, 3)))
""",
        log(3),
    ),
    loss(
        "cross-entropy of (2, 3) logits and labels (2, 1)",
        "cross_entropy(p, array([[0], [1]]))",
        log(3),
        "[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]",
    ),
    Case("a loss of no examples", "value(lambda p: mse(p, array([])))(numpy.zeros(0))", nan),
    Case(
        "a cross-entropy of no examples",
        "value(lambda z: cross_entropy(z, numpy.zeros(0, int)))(numpy.zeros((0, 3)))",
        nan,
        {"torch": "value(lambda z: cross_entropy(z, torch.zeros(0, dtype=int)))(numpy.zeros((0, 3)))"},
    ),
]

ONE = log1p(exp(-2.0))  # the cross-entropy of logit 2 and label 1
TWICE = [
    Case(
        "sigmoid, then the cross-entropy of logits",
        "value(lambda z: bce_with_logits(sigmoid(z), array([1.0])))(numpy.array([2.0]))",
        ONE,
    ),
    Case(
        "sigmoid, then the cross-entropy of logits: gradient",
        "grad(lambda z: bce_with_logits(sigmoid(z), array([1.0])))(numpy.array([2.0]))",
        -1 / (1 + exp(2.0)),
    ),
    Case(
        "sigmoid in one line, the cross-entropy of logits in another",
        """
z = leaf([2.0])
p = sigmoid(z)
loss = bce_with_logits(p, array([1.0]))
loss
""",
        ONE,
    ),
    Case(
        "sigmoid, reshape, then the cross-entropy of logits",
        "value(lambda z: bce_with_logits(sigmoid(z).reshape(1), array([1.0])))(numpy.array([[2.0]]))",
        ONE,
    ),
    Case(
        "softmax, then the cross-entropy of logits",
        "value(lambda z: cross_entropy(softmax(z), array([1])))(numpy.array([[0.0, 2.0]]))",
        ONE,
    ),
    Case(
        "softmax, then the cross-entropy of logits: gradient",
        "grad(lambda z: cross_entropy(softmax(z), array([1])))(numpy.array([[0.0, 2.0]]))",
        [1 / (1 + exp(2.0)), -1 / (1 + exp(2.0))],
    ),
    Case(
        "log_softmax, then the cross-entropy of logits (the same once more)",
        "value(lambda z: cross_entropy(log_softmax(z), array([1])))(numpy.array([[0.0, 2.0]]))",
        ONE,
    ),
    Case(
        "softmax, then binary cross-entropy of logits",
        "value(lambda z: bce_with_logits(softmax(z), array([[0.0, 1.0]])))(numpy.array([[0.0, 2.0]]))",
        ONE,
    ),
    Case(
        "sigmoid, then the cross-entropy of logits of classes",
        "value(lambda z: cross_entropy(sigmoid(z), array([1])))(numpy.array([[0.0, 2.0]]))",
        ONE,
    ),
    Case(
        "sigmoid of sigmoid, then the cross-entropy of probabilities",
        "value(lambda z: bce(sigmoid(sigmoid(z)), array([1.0])))(numpy.array([2.0]))",
        ONE,
    ),
    Case(
        "a network that ends in Sigmoid, trained with bce_with_logits",
        """
net = ag.nn.Sequential(ag.nn.Linear(1, 1), ag.nn.Sigmoid())
net[0].W.data, net[0].b.data = np.array([[2.0]]), np.zeros(1)
ag.bce_with_logits(net(np.array([[1.0]])), np.array([[1.0]]))
""",
        ONE,
    ),
    Case(
        "a network that ends in Softmax, trained with cross_entropy",
        """
net = ag.nn.Sequential(ag.nn.Linear(1, 2), ag.nn.Softmax())
net[0].W.data, net[0].b.data = np.array([[0.0, 2.0]]), np.zeros(2)
ag.cross_entropy(net(np.array([[1.0]])), np.array([1]))
""",
        ONE,
    ),
    Case(
        "fit of a network that ends in Sigmoid, with bce_with_logits",
        """
net = ag.nn.Sequential(ag.nn.Linear(1, 1), ag.nn.Sigmoid())
net[0].W.data, net[0].b.data = np.array([[2.0]]), np.zeros(1)
ag.fit(net, np.array([[1.0]]), np.array([[1.0]]), loss=ag.bce_with_logits,
       optimizer=ag.optim.SGD(net.parameters(), lr=0.1), epochs=1, progress=False).loss
""",
        ONE,
    ),
    Case(
        "the same fit with compile=True",
        """
net = ag.nn.Sequential(ag.nn.Linear(1, 1), ag.nn.Sigmoid())
net[0].W.data, net[0].b.data = np.array([[2.0]]), np.zeros(1)
ag.fit(net, np.array([[1.0]]), np.array([[1.0]]), loss=ag.bce_with_logits, compile=True,
       optimizer=ag.optim.SGD(net.parameters(), lr=0.1), epochs=1, progress=False).loss
""",
        ONE,
    ),
    Case(
        "fit of LogisticUnit, which ends in a sigmoid, with bce_with_logits",
        """
unit = ag.nn.LogisticUnit(1)
unit.w.data, unit.b.data = np.array([2.0]), np.array(0.0)
ag.fit(unit, np.array([[1.0]]), np.array([1.0]), loss=ag.bce_with_logits,
       optimizer=ag.optim.SGD(unit.parameters(), lr=0.1), epochs=1, progress=False).loss
""",
        ONE,
    ),
    Case(
        "a compiled loss of sigmoid and bce_with_logits",
        """
fast = ag.compile(lambda z: ag.bce_with_logits(ag.sigmoid(z), np.array([1.0])))
fast(np.array([2.0]))
""",
        ONE,
    ),
]

LABELS = [
    Case(
        "label first, probability second",
        "value(lambda z: bce(array([1.0, 0.0]), sigmoid(z)))(numpy.array([2.0, -2.0]))",
        ONE,
    ),
    Case(
        "soft label first, probability second",
        "value(lambda z: bce(array([0.9]), sigmoid(z)))(numpy.array([2.0]))",
        0.9 * ONE + 0.1 * log1p(exp(2.0)),
    ),
    Case(
        "label first, logit second",
        "value(lambda z: bce_with_logits(array([1.0, 0.0]), z))(numpy.array([2.0, -2.0]))",
        ONE,
    ),
    Case(
        "label first, logit second: gradient",
        "grad(lambda z: bce_with_logits(array([1.0]), 2.0 * z))(numpy.array([0.25]))",
        -2 / (1 + exp(0.5)),
    ),
    Case(
        "label first, score second, hinge loss",
        "value(lambda s: hinge(array([1.0, -1.0]), s))(numpy.array([0.5, 3.0]))",
        (0.5 + 4) / 2,
    ),
    Case(
        "one-hot labels first, logits second",
        "value(lambda z: cross_entropy(array([[0.0, 1.0]]), z))(numpy.array([[0.0, 2.0]]))",
        ONE,
    ),
    Case(
        "squared error with swapped arguments (the same number)",
        "value(lambda p: mse(array([1.0, 2.0]), p))(numpy.array([0.0, 0.0]))",
        2.5,
    ),
    Case(
        "labels -1 and +1 in a binary cross-entropy",
        "value(lambda z: bce_with_logits(z, array([1.0, -1.0])))(numpy.array([2.0, -2.0]))",
        ONE,
    ),
    Case(
        "labels -1 and +1 in a cross-entropy of probabilities",
        "value(lambda z: bce(sigmoid(z), array([1.0, -1.0])))(numpy.array([2.0, -2.0]))",
        ONE,
    ),
    Case(
        "labels 0 and 1 in a hinge loss",
        "value(lambda s: hinge(s, array([1.0, 0.0])))(numpy.array([0.5, -3.0]))",
        0.25,
    ),
    Case(
        "labels in percent",
        "value(lambda z: bce_with_logits(z, array([100.0, 0.0])))(numpy.array([2.0, -2.0]))",
        ONE,
    ),
    Case(
        "logits instead of probabilities",
        "value(lambda z: bce(z, array([1.0, 0.0])))(numpy.array([2.0, -2.0]))",
        ONE,
    ),
    Case(
        "a class label that is too large",
        "grad(lambda z: cross_entropy(z, array([0, 3])))(numpy.zeros((2, 3)))",
    ),
    Case(
        "classes numbered from 1",
        "value(lambda z: cross_entropy(z, array([1, 2])))(numpy.array([[3.0, 0.0], [0.0, 3.0]]))",
        log1p(exp(-3.0)),
    ),
    Case(
        "a class label of -1",
        "value(lambda z: cross_entropy(z, array([0, -1])))(numpy.array([[0.0, 1.0], [0.0, 1.0]]))",
    ),
    Case(
        "class labels that are floats",
        "value(lambda z: cross_entropy(z, array([1.0, 0.0])))(numpy.array([[0.0, 2.0], [2.0, 0.0]]))",
        ONE,
    ),
    Case(
        "labels as words",
        "value(lambda z: bce_with_logits(z, numpy.array(['1', '0'])))(numpy.array([2.0, -2.0]))",
        ONE,
    ),
    Case(
        "labels as True and False",
        "value(lambda z: bce_with_logits(z, array([True, False])))(numpy.array([2.0, -2.0]))",
        ONE,
    ),
]

KINDS = [
    Kind(
        "Losses and their weights do not broadcast",
        "Right is the mean over the pairs that the author means. Values, unless the title says gradient.",
        SHAPES,
    ),
    Kind("Activations applied twice", "Right is the loss with the activation once.", TWICE),
    Kind("Swapped arguments and wrong labels", "Right is the loss that the author means.", LABELS),
]
