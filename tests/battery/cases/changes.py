"""Values that change between the computation of a loss and its gradient."""

from math import exp, tanh

from tests.battery.case import Case, Kind

FUNCTIONS = ["jax", "hips"]  # libraries that differentiate functions; they have no tensors that change


def written(title: str, code: str, right: object, **more: object) -> Case:
    """Return the case of an array c that is written into between forward and backward.

    `code` sets c, and then y and back by `record`, up to a line "---", and then writes.
    """
    before, after = code.split("---\n")
    return Case(title, f"{before}{after}back()", right, **more)


CONSTANTS = [
    written(
        "a factor is set to 0",
        """
c = numpy.array([2.0, 3.0])
y, back = record(lambda x: (x * use(c)).sum(), numpy.array([1.0, 1.0]))
---
c[:] = 0
""",
        [2, 3],
    ),
    written(
        "a divisor is doubled",
        """
c = numpy.array([2.0, 4.0])
y, back = record(lambda x: (x / use(c)).sum(), numpy.array([1.0, 1.0]))
---
c *= 2
""",
        [0.5, 0.25],
    ),
    written(
        "one entry of 100 is changed",
        """
c = numpy.ones(100)
y, back = record(lambda x: (x * use(c)).sum(), numpy.ones(100))
---
c[50] = 7.0
""",
        [1.0] * 100,
    ),
    written(
        "a view is given, and the array is written into",
        """
base = numpy.array([1.0, 2.0, 3.0, 4.0])
c = base[1:3]
y, back = record(lambda x: (x * use(c)).sum(), numpy.array([1.0, 1.0]))
---
base[:] = 0
""",
        [2, 3],
    ),
    written(
        "every second column of an array, which is written into",
        """
base = numpy.arange(8.0).reshape(2, 4)
y, back = record(lambda x: (x * use(base[:, ::2])).sum(), numpy.ones((2, 2)))
---
base += 1
""",
        [0, 2, 4, 6],
    ),
    written(
        "a transposed array is written into",
        """
c = numpy.array([[1.0, 2.0], [3.0, 4.0]])
y, back = record(lambda x: (x @ use(c.T)).sum(), numpy.array([1.0, 1.0]))
---
c[0] = 0
""",
        [4, 6],
    ),
    written(
        "a batch buffer X is filled with the next batch",
        """
X = numpy.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
y, back = record(lambda x: (use(X) @ x).mean(), numpy.array([0.1, 0.2]))
---
X[:] = [[9.0, 9.0], [9.0, 9.0], [9.0, 9.0]]
""",
        [3, 4],
    ),
    written(
        "a large batch buffer (20 000 x 2) is filled with the next batch",
        """
X = numpy.ones((20000, 2))
y, back = record(lambda x: (use(X) @ x).mean(), numpy.array([0.1, 0.2]))
---
X[:] = 5.0
""",
        [1, 1],
    ),
    written(
        "the labels' buffer is filled with the next batch",
        """
t = numpy.array([1.0, 0.0])
y, back = record(lambda p: mse(p, use(t)), numpy.array([0.5, 0.5]))
---
t[:] = [0.0, 1.0]
""",
        [-0.5, 0.5],
    ),
    written(
        "the labels of a cross-entropy are shuffled",
        """
t = numpy.array([0.0, 1.0])
y, back = record(lambda z: bce_with_logits(z, use(t)), numpy.array([0.0, 0.0]))
---
t[:] = t[::-1].copy()
""",
        [0.25, -0.25],
    ),
    written(
        "class labels are shuffled",
        """
t = numpy.array([0, 1])
y, back = record(lambda z: cross_entropy(z, use(t)), numpy.zeros((2, 2)))
---
t[:] = [1, 0]
""",
        [-0.25, 0.25, 0.25, -0.25],
    ),
    written(
        "float32 constants are written into",
        """
c = numpy.array([2.0, 3.0], numpy.float32)
y, back = record(lambda x: (x * use(c)).sum(), numpy.array([1.0, 1.0], numpy.float32))
---
c[:] = 0
""",
        [2, 3],
    ),
    written(
        "integer constants are written into",
        """
c = numpy.array([2, 3])
y, back = record(lambda x: (x * use(c)).sum(), numpy.array([1.0, 1.0]))
---
c += 1
""",
        [2, 3],
    ),
    written(
        "a 0-d array is written into",
        """
c = numpy.array(2.0)
y, back = record(lambda x: (x * use(c)).sum(), numpy.array([1.0, 1.0]))
---
c[...] = 5
""",
        [2, 2],
    ),
    written(
        "exponents are written into",
        """
c = numpy.array([2.0, 3.0])
y, back = record(lambda x: (x ** use(c)).sum(), numpy.array([1.0, 1.0]))
---
c[0] = 7
""",
        [2, 3],
    ),
    written(
        "a base is written into",
        """
c = numpy.array([2.0, 3.0])
y, back = record(lambda x: (use(c) ** x).sum(), numpy.array([0.0, 0.0]))
---
c[:] = 1
""",
        [0.6931471805599453, 1.0986122886681098],
    ),
    written(
        "the array that the variable was made from is written into",
        """
a = numpy.array([1.0, 2.0])
y, back = record(lambda x: (x * x).sum(), a)
---
a[:] = 0
""",
        [2, 4],
    ),
    written(
        "an array is used twice, once in the middle",
        """
c = numpy.array([2.0, 3.0])
y, back = record(lambda x: np.tanh(np.exp(x * use(c))).sum(), numpy.array([0.0, 0.0]))
---
c[:] = 0
""",
        [2 * (1 - tanh(1) ** 2), 3 * (1 - tanh(1) ** 2)],
    ),
    written(
        "a list of factors is changed",
        """
c = [2.0, 3.0]
y, back = record(lambda x: (x * c).sum(), numpy.array([1.0, 1.0]))
---
c[0] = 0.0
""",
        [2, 3],
    ),
]

SETTINGS = [
    written(
        "an index array",
        """
i = numpy.array([0, 2])
y, back = record(lambda x: x[i].sum(), numpy.array([1.0, 2.0, 3.0]))
---
i[:] = 1
""",
        [1, 0, 1],
    ),
    written(
        "a list of indices",
        """
i = [0, 2]
y, back = record(lambda x: x[i].sum(), numpy.array([1.0, 2.0, 3.0]))
---
i[0] = 1
""",
        [1, 0, 1],
        instead={"jax": None},
    ),
    written(
        "two index arrays in brackets",
        """
i, j = numpy.array([0, 1]), numpy.array([1, 0])
y, back = record(lambda x: x[i, j].sum(), numpy.ones((2, 2)))
---
j[:] = 0
""",
        [0, 1, 1, 0],
    ),
    written(
        "a boolean mask in brackets",
        """
m = numpy.array([True, False, True])
y, back = record(lambda x: x[m].sum(), numpy.array([1.0, 2.0, 3.0]))
---
m[:] = [False, True, True]
""",
        [1, 0, 1],
    ),
    written(
        "the mask of where",
        """
m = numpy.array([True, False])
y, back = record(lambda x: np.where(use(m), x, 3 * x).sum(), numpy.array([1.0, 1.0]))
---
m[:] = False
""",
        [1, 3],
    ),
    written(
        "the other branch of where does not matter",
        """
c = numpy.array([5.0, 6.0])
y, back = record(lambda x: np.where(x > 1, x * x, use(c)).sum(), numpy.array([0.0, 2.0]))
---
c[:] = 0
""",
        [0, 4],
    ),
    written(
        "the bounds of clip",
        """
low, high = numpy.array([0.0, 0.0]), numpy.array([1.0, 1.0])
y, back = record(lambda x: np.clip(x, use(low), use(high)).sum(), numpy.array([0.5, 2.0]))
---
high[:] = 3
""",
        [1, 0],
    ),
    written(
        "the other argument of maximum",
        """
c = numpy.array([0.0, 5.0])
y, back = record(lambda x: np.maximum(x, use(c)).sum(), numpy.array([1.0, 1.0]))
---
c[:] = [5.0, 0.0]
""",
        [1, 0],
    ),
    written(
        "the indices of take",
        """
i = numpy.array([0, 0, 2])
y, back = record(lambda x: np.take(x, use(i)).sum(), numpy.array([1.0, 2.0, 3.0]))
---
i[:] = 1
""",
        [2, 0, 1],
    ),
    written(
        "the counts of repeat",
        """
n = numpy.array([1, 3])
y, back = record(lambda x: np.repeat(x, use(n)).sum(), numpy.array([1.0, 2.0]))
---
n[:] = [3, 1]
""",
        [1, 3],
        instead={
            "torch": """
n = numpy.array([1, 3])
y, back = record(lambda x: torch.repeat_interleave(x, use(n)).sum(), numpy.array([1.0, 2.0]))
n[:] = [3, 1]
back()
"""
        },
    ),
    written(
        "the weights of an average",
        """
c = numpy.array([1.0, 3.0])
y, back = record(lambda x: np.average(x, weights=c), numpy.array([1.0, 2.0]))
---
c[:] = 1
""",
        [0.25, 0.75],
    ),
    written(
        "sample weights",
        """
c = numpy.array([1.0, 3.0])
y, back = record(lambda p: ag.mse(p, numpy.zeros(2), sample_weight=c), numpy.array([1.0, 1.0]))
---
c[:] = 0
""",
        [1, 3],
    ),
    written(
        "the weight of the positive class",
        """
c = numpy.array([2.0, 4.0])
y, back = record(lambda z: bce_with_logits(z, use(numpy.ones(2)), pos_weight=use(c)), numpy.array([0.0, 0.0]))
---
c[:] = 0
""",
        [-0.5, -1],
        instead={"jax": None, "hips": None, "mygrad": None},
    ),
    written(
        "a shape given as a list",
        """
shape = [3, 2]
y, back = record(lambda x: (np.reshape(x, shape)[0] ** 2).sum(), numpy.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
---
shape[:] = [2, 3]
""",
        [2, 4, 0, 0, 0, 0],
    ),
    written(
        "axes given as a list",
        """
axes = [1, 0]
c = array([[1.0, 2.0], [3.0, 4.0]])
y, back = record(lambda x: (np.transpose(x, axes) * c).sum(), numpy.ones((2, 2)))
---
axes[:] = [0, 1]
""",
        [1, 3, 2, 4],
        instead={"torch": None},
    ),
    written(
        "the boundaries of split",
        """
at = numpy.array([1])
y, back = record(lambda x: (np.split(x, at)[0] ** 2).sum(), numpy.array([3.0, 4.0]))
---
at[:] = 2
""",
        [6, 0],
        instead={"torch": None},
    ),
    Case(
        "True and False as indices of take are 1 and 0",
        "grad(lambda x: np.take(x, use(numpy.array([True, True])), axis=0).sum())(numpy.arange(3.0))",
        [0, 2, 0],
        instead={"torch": None},
    ),
]

STALE = [
    Case(
        "a loss that is computed once, before the loop",
        """
w = leaf([0.0, 0.0])
opt = SGD([w], lr=0.1)
loss = ((w - array([1.0, 2.0])) ** 2).sum()
for _ in range(3):
    loss.backward()
    opt.step()
w
""",
        [0.488, 0.976],
        {
            "torch": """
w = leaf([0.0, 0.0])
opt = SGD([w], lr=0.1)
loss = ((w - array([1.0, 2.0])) ** 2).sum()
for _ in range(3):
    opt.zero_grad()
    loss.backward()
    opt.step()
w
"""
        },
    ),
    Case(
        "a cross-entropy that is computed once, before the loop",
        """
w = leaf([0.0])
opt = SGD([w], lr=1.0)
loss = bce(sigmoid(array([[2.0]]) @ w), array([1.0]))
for _ in range(2):
    loss.backward()
    opt.step()
w
""",
        [1 + 2 / (1 + exp(2))],
        {
            "torch": """
w = leaf([0.0])
opt = SGD([w], lr=1.0)
loss = bce(sigmoid(array([[2.0]]) @ w), array([1.0]))
for _ in range(2):
    opt.zero_grad()
    loss.backward()
    opt.step()
w
"""
        },
    ),
    Case(
        "a hidden layer that is computed once, before the loop",
        """
w, v = leaf([1.0]), leaf([1.0])
opt = SGD([w, v], lr=0.1)
h = w * w
for _ in range(2):
    loss = (h * v).sum()
    loss.backward()
    opt.step()
[w, v]
""",
        [0.656, 0.836],
        {
            "torch": """
w, v = leaf([1.0]), leaf([1.0])
opt = SGD([w, v], lr=0.1)
h = w * w
for _ in range(2):
    opt.zero_grad()
    loss = (h * v).sum()
    loss.backward()
    opt.step()
[w, v]
"""
        },
    ),
    Case(
        "a penalty that is computed once, before the loop",
        """
w = leaf([1.0])
opt = SGD([w], lr=0.1)
penalty = (w * w).sum()
for _ in range(2):
    (penalty + (w * 0.0).sum()).backward()
    opt.step()
w
""",
        [0.64],
        {
            "torch": """
w = leaf([1.0])
opt = SGD([w], lr=0.1)
penalty = (w * w).sum()
for _ in range(2):
    opt.zero_grad()
    (penalty + (w * 0.0).sum()).backward()
    opt.step()
w
"""
        },
    ),
    Case(
        "new data, w.data = ..., between forward and backward",
        """
w = leaf([1.0, 2.0])
loss = (w ** 3).sum()
w.data = array([0.0, 0.0])
loss.backward()
w.grad
""",
        [3, 12],
    ),
    Case(
        "w.data -= 1 between forward and backward",
        """
w = leaf([1.0, 2.0])
loss = (w ** 3).sum()
w.data -= 1.0
loss.backward()
w.grad
""",
        [3, 12],
    ),
    Case(
        "w.data[0] = 0 between forward and backward",
        """
w = leaf([1.0, 2.0])
loss = (w * w).sum()
w.data[0] = 0.0
loss.backward()
w.grad
""",
        [2, 4],
    ),
    Case(
        "new data of a hidden result: p.data = clip(p.data)",
        """
z = leaf([-3.0, 3.0])
p = sigmoid(z)
p.data = np.clip(p.data, 0.1, 0.9)
bce(p, array([0.0, 1.0]))
""",
        0.10536051565782628,
    ),
    Case(
        "new data of a hidden result, and its gradient",
        """
x = leaf([1.0, 2.0])
h = x * x
h.data = array([0.0, 0.0])
loss = (h * h).sum()
loss.backward()
x.grad
""",
        [0, 0],
    ),
    Case(
        "gradients with create_graph after new data",
        """
w = ag.Tensor([0.5], name="w")
loss = (ag.sigmoid(w) ** 2).sum()
w.data = np.array([3.0])
ag.gradients(loss, [w], create_graph=True)[0]
""",
        2 * (1 / (1 + exp(-0.5))) ** 2 * (1 - 1 / (1 + exp(-0.5))),
    ),
    Case(
        "gradients after new data",
        """
w = ag.Tensor([2.0], name="w")
loss = (w ** 3).sum()
w.data = np.array([5.0])
ag.gradients(loss, [w])[0]
""",
        12,
    ),
    Case(
        "the output of vjp is changed, and then the pullback is called",
        """
p, back = pullback(softmax, numpy.array([0.0, 0.0]))
p -= 1
back(numpy.array([1.0, 0.0]))
""",
        [0.25, -0.25],
    ),
    Case(
        "the same with exp",
        """
p, back = pullback(lambda x: np.exp(x), numpy.array([0.0, 1.0]))
p *= 0
back(numpy.array([1.0, 1.0]))
""",
        [1, exp(1)],
    ),
    Case(
        "the start of a pullback is changed afterwards",
        """
p, back = pullback(lambda x: x * 2, numpy.array([0.0, 1.0]))
v = numpy.array([1.0, 1.0])
g = back(v)
v[:] = 0
g
""",
        [2, 2],
    ),
    Case(
        "an update under no_grad: w -= lr * w.grad",
        """
w = leaf([1.0, 2.0])
for _ in range(2):
    (w * w).sum().backward()
    with no_grad():
        w -= 0.1 * w.grad
w
""",
        [0.64, 1.28],
        {
            "torch": """
w = leaf([1.0, 2.0])
for _ in range(2):
    w.grad = None
    (w * w).sum().backward()
    with no_grad():
        w -= 0.1 * w.grad
w
""",
            "mygrad": """
w = leaf([1.0, 2.0])
for _ in range(2):
    (w * w).sum().backward()
    with no_grad():
        w -= 0.1 * w.grad
w
""",
        },
    ),
    Case(
        "w *= 0.5 under no_grad",
        """
w = leaf([1.0, 2.0])
with no_grad():
    w *= 0.5
(w * w).sum().backward()
w.grad
""",
        [1, 2],
    ),
    Case(
        "w += 1 and w /= 2 under no_grad",
        """
w = leaf([1.0, 3.0])
with no_grad():
    w += 1.0
    w /= 2.0
(w * w).sum().backward()
w.grad
""",
        [2, 4],
    ),
    Case(
        "w -= lr * w.grad without no_grad, two steps",
        """
w = leaf([1.0, 2.0])
for _ in range(2):
    (w * w).sum().backward()
    w -= 0.1 * w.grad
w
""",
        [0.64, 1.28],
    ),
    Case(
        "a clamp of a parameter under no_grad",
        """
w = leaf([-1.0, 2.0])
with no_grad():
    w.data = np.clip(w.data, 0.0, 1.0)
(w * w).sum().backward()
w.grad
""",
        [0, 2],
    ),
]

KINDS = [
    Kind(
        "A constant that is written into before the backward pass",
        "`c` is a NumPy array that the loss uses. Right is the gradient at the values that were used.",
        CONSTANTS,
    ),
    Kind(
        "Settings that are written into before the backward pass",
        "The same for indices, masks and bounds.",
        SETTINGS,
    ),
    Kind("Stale losses and updates by hand", "The graph belongs to the values that its forward used.", STALE),
]
