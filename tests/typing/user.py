"""A user's program, as README and documentation write it, for type checkers (`make types`).

`assert_type` is what an editor shows. A test runs the program and compares it with what really is returned.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, assert_type

import numpy as plain_np

import autograd_lite as ag
from autograd_lite import numpy as np
from autograd_lite.typing import Array, ArrayLike, Axis, FloatArray, Seed, Shape

# Tensors: data in, attributes, operators, methods, indexing.

t = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], name="t")
constant = ag.Tensor(2.0, requires_grad=False)
X = plain_np.random.default_rng(0).standard_normal((6, 2))

assert_type(t, ag.Tensor)
assert_type(t.data, Array)
assert_type(t.name, str | None)
assert_type(t.requires_grad, bool)
assert_type(t.shape, tuple[int, ...])
assert_type(t.ndim, int)
assert_type(t.size, int)
assert_type(t.dtype, plain_np.dtype[Any])
assert_type(constant.item(), float)
assert_type(t.numpy(), Array)
assert_type(t.detach(), ag.Tensor)
assert_type(len(t), int)
assert_type(float(constant), float)
assert_type(f"{constant:.3f} {t}", str)

assert_type(t * 2.0, ag.Tensor)
assert_type(2.0 * t, ag.Tensor)
assert_type(t + t - 1, ag.Tensor)
assert_type(1.0 / t**2, ag.Tensor)
assert_type(2.0**t, ag.Tensor)
assert_type(-t, ag.Tensor)
assert_type(+t, ag.Tensor)
assert_type(abs(t), ag.Tensor)
assert_type(t @ t, ag.Tensor)
assert_type(X @ t, ag.Tensor)
assert_type(t @ X.T, ag.Tensor)
assert_type(X[:2] * t, ag.Tensor)
assert_type(t > 0, Array)
assert_type(t == 1.0, Array)

assert_type(t.T, ag.Tensor)
assert_type(t.mT, ag.Tensor)
assert_type(t[0], ag.Tensor)
assert_type(t[:, 1], ag.Tensor)
assert_type(t[..., None], ag.Tensor)
assert_type(t[t > 0], ag.Tensor)
assert_type(t[[0, 1], plain_np.array([1, 0])], ag.Tensor)
for row in t:
    assert_type(row, ag.Tensor)

assert_type(t.sum(), ag.Tensor)
assert_type(t.sum(axis=0, keepdims=True), ag.Tensor)
assert_type(t.mean((0, 1)), ag.Tensor)
assert_type(t.max(axis=1) - t.min(axis=1), ag.Tensor)
assert_type(t.prod() + t.var(ddof=1) + t.std() + t.logsumexp(), ag.Tensor)
assert_type(t.cumsum(axis=0).clip(0.0, 1.0), ag.Tensor)
assert_type(t.reshape(4), ag.Tensor)
assert_type(t.reshape((2, -1)).reshape(4, 1), ag.Tensor)
assert_type(t.transpose(), ag.Tensor)
assert_type(t.transpose(1, 0).swapaxes(0, 1), ag.Tensor)
assert_type(t.ravel().take([0, 2]).repeat(2).squeeze(), ag.Tensor)
assert_type(t.flatten().dot(X[:2].ravel()).copy(), ag.Tensor)
assert_type(t.astype(plain_np.float32), ag.Tensor)
assert_type(t.argmax(axis=1), Array)
assert_type(t.argsort(), Array)

loss = (t * t).sum()
loss.backward()
loss.backward(grad=plain_np.float64(1.0), accumulate=True, keep="leaves")
assert_type(t.grad, Array)
t.data = t.data - 0.1 * t.grad
t.grad = None
t.data = X[:2]
with ag.no_grad():
    frozen = t * 2.0
assert_type(frozen, ag.Tensor)


@ag.no_grad()
def predict(x: FloatArray) -> ag.Tensor:
    return x @ t


assert_type(predict(X), ag.Tensor)

# NumPy's functions of tensors. NumPy's own type hints say nothing of them, so np is autograd_lite.numpy here.

assert_type(np.exp(t), ag.Tensor)
assert_type(np.tanh(X @ t), ag.Tensor)
assert_type(np.log1p(np.sqrt(np.abs(t))), ag.Tensor)
assert_type(np.maximum(t, 0.0), ag.Tensor)
assert_type(np.where(t > 0, t, 0.0), ag.Tensor)
assert_type(np.sum(t, axis=0), ag.Tensor)
assert_type(np.mean(t), ag.Tensor)
assert_type(np.max(t, axis=1, keepdims=True), ag.Tensor)
assert_type(np.clip(t, 0.0, 1.0), ag.Tensor)
assert_type(np.reshape(t, (4, 1)), ag.Tensor)
assert_type(np.transpose(t), ag.Tensor)
assert_type(np.matmul(t, X.T), ag.Tensor)
assert_type(np.einsum("ij,kj->ik", t, X), ag.Tensor)
assert_type(np.concatenate([t, X], axis=0), ag.Tensor)
assert_type(np.stack([t, t]), ag.Tensor)
assert_type(np.split(t, 2), list[ag.Tensor])
assert_type(np.linalg.norm(t, axis=1), ag.Tensor)
assert_type(np.tensordot(t, X, axes=(1, 1)), ag.Tensor)
assert_type(np.expand_dims(t, 0), ag.Tensor)
assert_type(np.swapaxes(t, 0, 1), ag.Tensor)
assert_type(np.argmax(t, axis=1), Array)
assert_type(np.isnan(t), Array)
assert_type(np.shape(t), tuple[int, ...])
assert_type(np.allclose(t, X[:2]), bool)
assert_type(np.exp(X), FloatArray)
assert_type(np.exp(t.numpy()), Array)
assert_type(np.where(X > 0, X, 0.0), Array)
assert_type(np.where(X > 0), tuple[Array, ...])
assert_type(np.concatenate([X, X]), FloatArray)
assert_type(np.reshape(X, -1), FloatArray)
assert_type(np.maximum(X, 0.0), FloatArray)
assert_type(np.random.default_rng(0), plain_np.random.Generator)
assert_type(np.zeros(3).shape, tuple[int])
assert_type(np.linalg.eigvalsh(X.T @ X).ndim, int)

# Operations: a tensor gives a tensor, arrays give arrays, a number gives a number.

assert_type(ag.sigmoid(t), ag.Tensor)
assert_type(ag.sigmoid(X), FloatArray)
assert_type(ag.sigmoid(t.numpy()), Array)
assert_type(ag.sigmoid(0.0), float)
assert_type(ag.relu(t) + ag.leaky_relu(t, slope=0.2) + ag.softplus(t), ag.Tensor)
assert_type(ag.softmax(t, axis=-1), ag.Tensor)
assert_type(ag.log_softmax(t), ag.Tensor)
assert_type(ag.logsumexp(t, axis=1, keepdims=True), ag.Tensor)
assert_type(ag.affine(X, t, plain_np.zeros(2)), ag.Tensor)
assert_type(ag.affine(X, X.T, plain_np.zeros(6)), FloatArray)

# Losses.

y = plain_np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
w = ag.nn.Parameter(plain_np.zeros(2), name="w")
b = ag.nn.Parameter(0.0, name="b")
p = ag.sigmoid(X @ w + b)
assert_type(p, ag.Tensor)
assert_type(ag.mse(p, y), ag.Tensor)
assert_type(ag.mse(X, X), FloatArray)
assert_type(ag.mse(t.numpy(), t.detach().numpy()), Array)
assert_type(ag.mae(p, y, reduction="sum"), ag.Tensor)
assert_type(ag.huber(p, y, delta=0.5, sample_weight=y), ag.Tensor)
assert_type(ag.bce(p, y), ag.Tensor)
assert_type(ag.bce_with_logits(X @ w, y, pos_weight=2.0), ag.Tensor)
assert_type(ag.cross_entropy(t, plain_np.array([0, 1])), ag.Tensor)
assert_type(ag.hinge(X @ w, 2 * y - 1), ag.Tensor)

# An op of one's own.


@ag.op("gauss", formula="exp(−{x}²)")
def gauss(x: Any) -> Any:
    """exp(-x^2), elementwise."""
    return plain_np.exp(-x * x)


@gauss.gradient("x", "× (−2·{x}·{y})")
def _(g: Any, y: Any, x: Any) -> Any:
    return -2.0 * g * x * y


assert_type(gauss, ag.Op)
assert_type(gauss(t), ag.Tensor)
assert_type(ag.OPS["tanh"], ag.Op)
assert_type(ag.OPS, dict[str, ag.Op])

# Gradients as functions.


def f(x: ag.Tensor) -> ag.Tensor:
    return np.tanh(x).sum()


def of_two(x: ag.Tensor, v: ag.Tensor) -> ag.Tensor:
    return (x * v).sum()


squares = (t * t).sum()
assert_type(ag.gradients(squares, [t]), list[Array])
assert_type(ag.gradients(squares, [t], create_graph=True), list[ag.Tensor])
assert_type(ag.gradients(squares, [t, w], allow_unused=True), list[Array | None])
assert_type(ag.grad(f)(X), Array)
assert_type(ag.grad(f)(t), ag.Tensor)
assert_type(ag.grad(ag.grad(f))(2.0), Array)
assert_type(ag.grad(of_two, argnums=(0, 1))(X, X), tuple[Array, ...])
assert_type(ag.value_and_grad(f)(X), tuple[Array, Array])
assert_type(ag.vjp(f, X)[0], Array)
assert_type(ag.vjp(f, X)[1](1.0), tuple[Array, ...])
assert_type(ag.jvp(f, X, X), tuple[Array, Array])
assert_type(ag.jvp(of_two, (X, X), (X, X)), tuple[Array, Array])
assert_type(ag.hvp(f, X, X), Array)
assert_type(ag.hvp(of_two, (X, X), (X, X)), tuple[Array, ...])
assert_type(ag.vjp(f, t)[0], ag.Tensor)
assert_type(ag.jvp(f, t, X[:2]), tuple[ag.Tensor, ag.Tensor])
assert_type(ag.hvp(f, t, X[:2]), ag.Tensor)
assert_type(ag.jacobian(f)(X), Array)
assert_type(ag.jacobian(f)(t), ag.Tensor)
assert_type(ag.hessian(f)(X), Array)

# Models.

model = ag.nn.Sequential(
    ag.nn.Linear(2, 8, bias=True, init="he", rng=0), ag.nn.Tanh(), ag.nn.Dropout(0.1), ag.nn.Linear(8, None)
)
unit = ag.nn.LogisticUnit(2)
network = ag.nn.BinaryNetwork([2, 8, 1], activation="tanh")
more = [ag.nn.Sigmoid(), ag.nn.ReLU(), ag.nn.LeakyReLU(0.1), ag.nn.Softmax()]


class Model(ag.nn.Module):
    """A model of one's own."""

    def __init__(self, n_in: int, rng: Seed = None) -> None:
        self.inner = ag.nn.Linear(n_in, None, rng=rng)
        self.scale = ag.nn.Parameter(1.0)

    def forward(self, x: FloatArray) -> ag.Tensor:
        return self.scale * self.inner(x)


assert_type(model(X), ag.Tensor)
assert_type(Model(2)(X), ag.Tensor)
assert_type(model.parameters(), list[ag.nn.Parameter])
assert_type(model.named_parameters(), list[tuple[str, ag.nn.Parameter]])
assert_type(model.state_dict(), dict[str, Array])
assert_type(model.summary(X), str)
assert_type(model.train().eval(), ag.nn.Sequential)
assert_type(model[0], ag.nn.Module)
assert_type(unit.logits(X), ag.Tensor)
assert_type(network.predict_proba(X), Array)
assert_type(network.predict(X), Array)
model.load_state_dict(model.state_dict())
ag.seed(0)

# Optimisers and training.

opt = ag.optim.SGD([w, b], lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4)
adam = ag.optim.Adam(network.parameters(), lr=1e-3)
optimizers: list[ag.optim.Optimizer] = [ag.optim.AdamW([w], lr=0.1), ag.optim.RMSprop([w], lr=0.1), opt]
for optimizer in optimizers:
    ag.bce(ag.sigmoid(X @ w + b), y).backward()
    assert_type(optimizer.step(), None)
assert_type(ag.optim.Newton([w, b]).step(lambda: ag.bce(ag.sigmoid(X @ w + b), y)), float)
assert_type(ag.optim.LBFGS([w], max_iter=5).step(lambda: ag.mse(X @ w, y)), float)
opt.lr = opt.lr / 2


def as_in_other_libraries() -> None:
    opt.zero_grad()  # an error that says what to do instead


history = ag.fit(
    network, X, y, loss=ag.bce_with_logits, optimizer=adam, epochs=3, batch_size=2, validation=0.2,
    callbacks=[ag.EarlyStopping(patience=2)], progress=False, rng=0,
)  # fmt: skip
assert_type(history, ag.History)
assert_type(history.loss, list[float])
assert_type(history.metrics, dict[str, list[float]])

# Compiled functions and steps.


def cost(X: FloatArray, y: FloatArray) -> ag.Tensor:
    return ag.bce(ag.sigmoid(X @ w + b), y)


step = ag.compile(cost, optimizer=opt)
assert_type(step(X, y), float)
assert_type(step.source, str)
many = ag.compile(cost, optimizer=opt, steps=10)
assert_type(many(X, y), Array)
fast = ag.compile(f)
assert_type(fast(X), Array)
assert_type(fast.value_and_grad(X), tuple[Array, Array])
assert_type(fast.source, str)

# Drawings.

drawing = ag.draw(loss, detail="tensor", show="both", names={"t": t}, direction="LR", theme="dark", title="t")
assert_type(drawing, ag.Drawing)
assert_type(t.draw(), ag.Drawing)
assert_type(drawing.save("model.png"), str)
assert_type(drawing.save(Path("model.svg")), Path)
assert_type(drawing.to_svg() + drawing.to_html() + drawing.to_dot(), str)
assert_type(drawing.to_png(scale=2), bytes)
print(drawing)
film = ag.film(network, X, y, loss=ag.bce_with_logits, every=2)
ag.fit(network, X, y, loss=ag.bce_with_logits, optimizer=adam, epochs=1, callbacks=[film])
film.save("film.html")

# Checking gradients, regression, estimators, plots: modules that are loaded when they are first used.

report = ag.testing.check_op(gauss, budget="quick", seed=0)
assert_type(report, ag.testing.OpReport)
assert_type(ag.testing.gradcheck(f, X, order=2), ag.testing.Report)
pair = ag.testing.check_function(plain_np.tanh, lambda g, y, x: (g * (1 - y * y),), budget="quick")
assert_type(pair, ag.testing.OpReport)
try:
    assert_type(ag.testing.locate((t * t).sum()), ag.testing.Located | None)
except ag.testing.GradientError as error:
    raise AssertionError(str(error)) from error
strategy = ag.testing.strategies.arrays_for(gauss)

regression = ag.linear_model.LogisticRegression(C=1.0).fit(X, y)
assert_type(regression, ag.linear_model.LogisticRegression)
assert_type(regression.predict(X), Array)
assert_type(regression.predict_proba(X), Array)
accuracy: float = regression.score(X, y)  # of scikit-learn, which has no type hints
softmax = ag.linear_model.SoftmaxRegression().fit(X, y)
classifier = ag.estimators.BinaryNetworkClassifier().fit(X, y)
assert_type(classifier.predict(X), Array)
axes = ag.plots.boundary(classifier, X, y)

# Data.

assert_type(ag.datasets.breast_cancer(), tuple[FloatArray, FloatArray])
assert_type(ag.datasets.iris(return_names=True), tuple[FloatArray, Array, list[str], list[str]])
assert_type(ag.datasets.xor()[0], FloatArray)
features, labels = ag.datasets.two_moons(100, noise=0.2, rng=0)
assert_type(features @ w + b, ag.Tensor)

# The names of types, for signatures of one's own.


def mean_over(x: ag.Tensor | ArrayLike, axis: Axis = None) -> ag.Tensor:
    return np.mean(x * constant, axis=axis)


def ones(shape: Shape) -> Array:
    return plain_np.ones(shape)


layer: Callable[[Array], ag.Tensor] = model
print(ag.__version__, mean_over(ones((2, 3)), axis=0), layer(X))
