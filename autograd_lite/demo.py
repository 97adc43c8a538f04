"""The main job: train, check and draw a logistic unit and a small network on real data."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite import datasets
from autograd_lite.drawing import draw, film
from autograd_lite.drawing.engines import choose_engine
from autograd_lite.extras import require
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


def run(out: Path) -> None:
    """Print the report and write its pictures into the folder `out`."""
    started = time.perf_counter()
    plt = _pyplot()
    choose_engine("auto")  # an engine to draw with; missing, it is told before anything is trained
    out.mkdir(parents=True, exist_ok=True)
    print(f"autograd_lite demo   seed {SEED}, pictures in {out}/\n")
    used = _unit_on_breast_cancer(out)
    curves: dict[str, Any] = {}
    for task in (_xor, _iris):
        used |= task(out, curves)
    _plot_boundary(plt, curves.pop("xor network"), out)
    curves |= _cross_entropy_or_squared_error()
    _plot_curves(plt, curves, out)
    _check(used)
    print("\nwrote unit.png, network.png, boundary.png, curves.png")
    print("wrote network.html, which steps through backpropagation, and film.html, which shows it learn")
    print(f"done in {time.perf_counter() - started:.1f} s")


def _pyplot() -> Any:
    """matplotlib, drawing to files only; missing, it is told before anything is trained."""
    require("matplotlib", "plot").use("Agg")
    return require("matplotlib.pyplot", "plot")


def _split(X: Any, y: Any, held_out: float = 0.3) -> tuple[Any, Any, Any, Any]:
    """Shuffled training and held-out parts, standardised by the training part's mean and deviation."""
    order = np.random.default_rng(SEED).permutation(len(X))
    test, train = np.split(order, [round(held_out * len(X))])
    mean, deviation = X[train].mean(axis=0), X[train].std(axis=0)
    Z = (X - mean) / deviation
    return Z[train], y[train], Z[test], y[test]


def _accuracy(p: Any, y: Any) -> float:
    return float(np.mean((p > 0.5) == (y > 0.5)))


def _ops_of(loss: Tensor) -> set[str]:
    return {t.op.name for t in graph(loss) if t.op is not None}


def _unit_on_breast_cancer(out: Path) -> set[str]:
    """A logistic unit, built node by node: benign or malignant, from 30 measurements."""
    X, y, X_test, y_test = _split(*datasets.breast_cancer())
    w, b = Parameter(np.zeros(30), name="w"), Parameter(0.0, name="b")
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


def _compare(
    name: str, data: Any, network: BinaryNetwork, unit: LogisticUnit, epochs: int, watching: Any = ()
) -> Any:
    """Train a network and a unit on the same data; print one line for each, return their losses."""
    X, y, X_test, y_test = data
    histories = {}
    for label, model in (("network", network), ("logistic unit", unit)):
        history = fit(
            model.logits, X, y, loss=bce_with_logits, optimizer=Adam(model.parameters(), lr=0.05),
            epochs=epochs, progress=False, rng=SEED, callbacks=watching if model is network else (),
        )  # fmt: skip
        accuracy = _accuracy(model.predict_proba(X_test), y_test)
        kept = "held-out accuracy" if X_test is not X else "accuracy"
        final = bce_with_logits(model.logits(X), y).item()
        print(f"  {label:<14} loss {final:.5f}   {kept} {accuracy:.3f}")
        histories[f"{name}: {label}"] = history.loss
    return histories


def _xor(out: Path, curves: dict[str, Any]) -> set[str]:
    X, y = datasets.xor()
    network = BinaryNetwork([2, 4, 1], activation="tanh", rng=SEED)
    print("XOR: what a single unit cannot do")
    training = film(network, X, y, loss=bce_with_logits, every=4, title="A network learns XOR")
    curves |= _compare("XOR", (X, y, X, y), network, LogisticUnit(2), epochs=400, watching=[training])
    training.save(out / "film.html")
    curves["xor network"] = network
    loss = bce(sigmoid(network.logits(X)), y)
    loss.backward()
    names = {"X": X, "y": y, "loss": loss}
    draw(loss, model=network, names=names, direction="TB").save(out / "network.png")
    draw(loss, model=network, names=names, title="Backpropagation, step by step").save(out / "network.html")
    print()
    return _ops_of(loss)


def _iris(out: Path, curves: dict[str, Any]) -> set[str]:
    X, species = datasets.iris()
    data = _split(X, (species == 2).astype(float))
    network = BinaryNetwork([4, 8, 1], activation="tanh", rng=SEED)
    print("Iris: virginica or not, from 4 lengths")
    curves |= _compare("Iris", data, network, LogisticUnit(4), epochs=100)
    print()
    return _ops_of(bce_with_logits(network.logits(data[0]), data[1]))


def _cross_entropy_or_squared_error() -> dict[str, Any]:
    """One unit, one feature, started confidently wrong: which loss gets it out?"""
    X, y, *_ = _split(*datasets.breast_cancer())
    x = X[:, 0]  # mean radius: malignant ones are larger, so the weight belongs below 0
    curves = {}
    print("A unit started confidently wrong (w = 20): same data, same 300 steps, lr = 1")
    for name, loss_of in (("cross-entropy", bce), ("squared error", mse)):
        w, b = Parameter(20.0, name="w"), Parameter(0.0, name="b")
        optimizer = SGD([w, b], lr=1.0)
        accuracies = []
        for _ in range(300):
            p = sigmoid(x * w + b)
            loss = loss_of(p, y)
            loss.backward(keep="leaves")
            optimizer.step()
            accuracies.append(_accuracy(p.data, y))
        verdict = "learns" if accuracies[-1] > 0.8 else "does not learn"
        print(f"  {name:<14} w = {w:8.3f}   accuracy {accuracies[-1]:.3f}   {verdict}")
        curves[f"accuracy: {name}"] = accuracies
    print()
    return curves


def _check(names: set[str]) -> None:
    """Check the gradients of the ops that were used, first and second order."""
    reports = [check_op(OPS[name], budget="quick") for name in sorted(names)]
    checked, undecided = (sum(getattr(r, what) for r in reports) for what in ("checked", "undecided"))
    print(f"Gradients: {len(reports)} ops checked ({', '.join(sorted(names))})")
    seldom = "fewer" if undecided < checked / 1000 else "more"
    print(f"  over {checked // 1000} 000 derivatives of first and second order, none of them wrong")
    print(f"  {seldom} than 1 in 1000 had no verdict (too noisy to tell)")


def _plot_curves(plt: Any, curves: dict[str, Any], out: Path) -> None:
    """Losses of network and unit, and how the badly started unit fares under either loss."""
    figure, panels = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
    for ax, task in zip(panels, ("XOR", "Iris", "accuracy"), strict=True):
        styles = iter((("#0B5F95", "-"), ("#B84A00", "--")))
        for name, values in curves.items():
            if name.startswith(task):
                colour, line = next(styles)
                ax.plot(values, color=colour, linestyle=line, linewidth=2, label=name.partition(": ")[2])
        ax.set_title("A unit started wrong" if task == "accuracy" else task, loc="left", weight="bold")
        ax.set_xlabel("step" if task == "accuracy" else "epoch")
        ax.set_ylabel("accuracy" if task == "accuracy" else "cross-entropy")
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_ylim(bottom=0)
        ax.legend(frameon=False)
    figure.savefig(out / "curves.png", dpi=150)
    plt.close(figure)


def _plot_boundary(plt: Any, network: BinaryNetwork, out: Path) -> None:
    """The probabilities that the XOR network gives to the plane around its four points."""
    X, y = datasets.xor()
    side = np.linspace(-0.5, 1.5, 121)
    plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    p = network.predict_proba(plane).reshape(121, 121)
    figure, ax = plt.subplots(figsize=(4.8, 4), layout="constrained")
    shades = ax.contourf(side, side, p, levels=np.linspace(0, 1, 11), cmap="RdBu_r", alpha=0.85)
    ax.contour(side, side, p, levels=[0.5], colors="#0F172A", linewidths=2)
    for label, marker in ((0, "o"), (1, "s")):
        ax.scatter(
            *X[y == label].T, s=90, marker=marker, c="white", edgecolors="#0F172A", label=f"class {label}"
        )
    figure.colorbar(shades, label="probability of class 1")
    ax.set_title("XOR, learned by 4 hidden units", loc="left", weight="bold")
    ax.set(xlabel="x1", ylabel="x2", aspect="equal")
    ax.legend(loc="upper center", ncols=2, frameon=True)
    figure.savefig(out / "boundary.png", dpi=150)
    plt.close(figure)
