"""The demonstration: train, check and draw a logistic unit and a small network on real data."""

import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite import datasets, plots
from autograd_lite.drawing import draw, film
from autograd_lite.drawing.render import choose_engine
from autograd_lite.extras import require
from autograd_lite.history import History
from autograd_lite.nn import BinaryNetwork, LogisticUnit, Parameter
from autograd_lite.operation import OPS
from autograd_lite.ops.activations import sigmoid
from autograd_lite.ops.cross_entropies import bce, bce_with_logits
from autograd_lite.ops.losses import mse
from autograd_lite.optim import SGD, Adam
from autograd_lite.tensor import Tensor, graph
from autograd_lite.testing import check_op
from autograd_lite.training import fit

SEED = 0
Histories = dict[str, History]


def run(out: Path) -> None:
    """Print the report and write its pictures into the folder `out`."""
    started = time.perf_counter()
    # Errors about what must be installed come before the training.
    require("matplotlib", "plot").use("Agg")  # draw to files only
    plt = require("matplotlib.pyplot", "plot")
    choose_engine("auto")
    out.mkdir(parents=True, exist_ok=True)
    print(f"autograd_lite demo   seed {SEED}, pictures in {out}/\n")
    ops = _breast_cancer(out)
    network, xor, xor_ops = _xor(out)
    iris, iris_ops = _iris()
    badly_started = _badly_started_unit()
    _plot(plt, network, out, {"XOR": xor, "Iris": iris, "A unit started wrong": badly_started})
    _check(ops | xor_ops | iris_ops)
    print("\nwrote unit.png, network.png, boundary.png, curves.png")
    print("wrote network.html, which steps through backpropagation, and film.html, which shows it learn")
    print(f"done in {time.perf_counter() - started:.1f} s")


def _split(X: Any, y: Any, held_out: float = 0.3) -> tuple[Any, Any, Any, Any]:
    """Return X and y for training, then held out, standardised by the mean and deviation of the first."""
    order = np.random.default_rng(SEED).permutation(len(X))
    test, train = np.split(order, [round(held_out * len(X))])
    Z = (X - X[train].mean(axis=0)) / X[train].std(axis=0)
    return Z[train], y[train], Z[test], y[test]


def _accuracy(p: Any, y: Any) -> float:
    return float(np.mean((p > 0.5) == (y > 0.5)))


def _ops_of(loss: Tensor) -> set[str]:
    return {t.op.name for t in graph(loss) if t.op is not None}


def _breast_cancer(out: Path) -> set[str]:
    """Train a logistic unit, written out as a formula, on 30 measurements: benign or malignant."""
    X, y, X_test, y_test = _split(*datasets.breast_cancer())
    w = Parameter(np.zeros(30), name="w")
    b = Parameter(0.0, name="b")
    optimizer = SGD([w, b], lr=0.5)
    for step in range(300):
        p = sigmoid(X @ w + b)
        loss = bce(p, y)
        loss.backward()
        if step == 0:
            first = loss.item()
            draw(loss, names={"X": X, "y": y, "p": p, "loss": loss}).save(out / "unit.png")
        optimizer.step()
    held_out = _accuracy(sigmoid(X_test @ w.data + b.data), y_test)
    print("Breast cancer: a logistic unit, p = sigmoid(X @ w + b), 300 steps of gradient descent")
    print(f"  loss {first:.4f} -> {loss:.4f}   held-out accuracy {held_out:.3f} on {len(y_test)}\n")
    return _ops_of(loss)


def _compare(data: Any, network: BinaryNetwork, epochs: int, callbacks: Iterable[Any] = ()) -> Histories:
    """Train the network and a logistic unit on the same data, and print a line for each."""
    X, y, X_test, y_test = data
    histories = {}
    for name, model in (("network", network), ("logistic unit", LogisticUnit(X.shape[1]))):
        train = partial(fit, model.logits, X, y, loss=bce_with_logits, progress=False, rng=SEED)
        optimizer = Adam(model.parameters(), lr=0.05)
        watching = callbacks if model is network else ()
        histories[name] = train(optimizer=optimizer, epochs=epochs, callbacks=watching)
        accuracy = _accuracy(model.predict_proba(X_test), y_test)
        label = "accuracy" if X_test is X else "held-out accuracy"
        final = bce_with_logits(model.logits(X), y).item()
        print(f"  {name:<14} loss {final:.5f}   {label} {accuracy:.3f}")
    print()
    return histories


def _xor(out: Path) -> tuple[BinaryNetwork, Histories, set[str]]:
    X, y = datasets.xor()
    network = BinaryNetwork([2, 4, 1], activation="tanh", rng=SEED)
    print("XOR: what a single unit cannot do")
    training = film(network, X, y, loss=bce_with_logits, every=4, title="A network learns XOR")
    histories = _compare((X, y, X, y), network, epochs=400, callbacks=[training])
    training.save(out / "film.html")
    loss = bce(sigmoid(network.logits(X)), y)
    loss.backward()
    names = {"X": X, "y": y, "loss": loss}
    draw(loss, model=network, names=names, direction="TB").save(out / "network.png")
    draw(loss, model=network, names=names, title="Backpropagation, step by step").save(out / "network.html")
    return network, histories, _ops_of(loss)


def _iris() -> tuple[Histories, set[str]]:
    X, species = datasets.iris()
    data = _split(X, (species == 2).astype(float))
    network = BinaryNetwork([4, 8, 1], activation="tanh", rng=SEED)
    print("Iris: virginica or not, from 4 lengths")
    histories = _compare(data, network, epochs=100)
    return histories, _ops_of(bce_with_logits(network.logits(data[0]), data[1]))


def _badly_started_unit() -> Histories:
    """Train a unit of one feature from a start that is confidently wrong, with either loss."""
    X, y, *_ = _split(*datasets.breast_cancer())
    histories = {}
    print("A unit started confidently wrong (w = 20): same data, same 300 steps, lr = 1")
    for name, loss in (("cross-entropy", bce), ("squared error", mse)):
        unit = LogisticUnit(1)
        unit.w.data = np.array(
            [20.0]
        )  # malignant tumours, class 0, have a larger radius: w should be negative
        optimizer = SGD(unit.parameters(), lr=1.0)
        history = fit(unit, X[:, :1], y, loss=loss, optimizer=optimizer, epochs=300, progress=False)
        accuracy = history.metrics["accuracy"][-1]
        verdict = "learns" if accuracy > 0.8 else "does not learn"
        print(f"  {name:<14} w = {unit.w.item():8.3f}   accuracy {accuracy:.3f}   {verdict}")
        histories[name] = history
    print()
    return histories


def _check(names: set[str]) -> None:
    """Check the gradients of these ops, of first and second order."""
    reports = [check_op(OPS[name], budget="quick") for name in sorted(names)]
    checked = sum(report.checked for report in reports)
    undecided = sum(report.undecided for report in reports)
    print(f"Gradients: {len(reports)} ops checked ({', '.join(sorted(names))})")
    seldom = "fewer" if undecided < checked / 1000 else "more"
    print(f"  over {checked // 1000} 000 derivatives of first and second order, none of them wrong")
    print(f"  {seldom} than 1 in 1000 had no verdict (too noisy to tell)")


def _plot(plt: Any, network: BinaryNetwork, out: Path, panels: dict[str, Histories]) -> None:
    """Draw the boundary of the XOR network, and the learning curves of each comparison."""
    plots.boundary(network, *datasets.xor())
    plt.savefig(out / "boundary.png", dpi=150)
    figure, axes = plt.subplots(1, len(panels), figsize=(12, 3.6), layout="constrained")
    for ax, (title, histories) in zip(axes, panels.items(), strict=True):
        plots.history(histories, ax, metric="accuracy" if "wrong" in title else "loss")
        ax.set_title(title, loc="left", weight="bold", pad=24)
    figure.savefig(out / "curves.png", dpi=150)
    plt.close("all")
