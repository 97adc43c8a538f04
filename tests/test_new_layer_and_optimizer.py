"""A new layer or optimiser is one class and one export: the rest of the library needs no other change."""

import importlib.util
import sys

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn, optim, plots
from autograd_lite.estimators import binary_network

MODULE = '''
"""A layer and an optimiser, as a new file of the library could have them."""

import numpy as np

from autograd_lite.arguments import fraction, positive
from autograd_lite.nn import Parameter
from autograd_lite.nn.layers import Activation
from autograd_lite.optim import Optimizer


class ScaledSoftsign(Activation, name="scaled_softsign"):
    """scale z / (1 + |z|)."""

    def __init__(self, factor=1.5):
        self.factor = factor
        self.scale = Parameter(1.0)

    def forward(self, z):
        """Return the output, in the shape of z."""
        return self.scale * self.factor * z / (1.0 + np.abs(z))


class Adagrad(Optimizer):
    """p - lr g / (sqrt(sum of g^2) + eps)."""

    settings = Optimizer.settings | {"eps": positive, "decay": fraction}
    state_names = ("total",)

    def __init__(self, params, lr=0.1, eps=1e-10, decay=0.0, weight_decay=0.0):
        super().__init__(params)
        self.lr = lr
        self.eps = eps
        self.decay = decay

    def start(self, p):
        """Return a sum of 0."""
        return (np.zeros_like(p)[()],)

    def update(self, p, g, state):
        """Return new data and the new sum."""
        total = (1.0 - self.decay) * state[0] + g * g
        return -self.lr * g / (np.sqrt(total) + self.eps) + p, (total,)
'''
X, y = ag.datasets.two_moons(30)


@pytest.fixture
def new(tmp_path, monkeypatch):
    """The module, imported from a temporary file; afterwards its layer has no name any more."""
    path = tmp_path / "new_parts.py"
    path.write_text(MODULE)
    spec = importlib.util.spec_from_file_location("new_parts", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "new_parts", module)
    monkeypatch.setattr(nn.layers.Activation, "by_name", dict(nn.layers.Activation.by_name))
    spec.loader.exec_module(module)
    return module


def model_of(new):
    return nn.Sequential(nn.Linear(2, 3, rng=0), new.ScaledSoftsign(2.0), nn.Linear(3, None, rng=1))


def test_a_new_layer_is_described_saved_and_loaded(new):
    model = model_of(new)
    assert "layer2: ScaledSoftsign(factor=2.0)" in repr(model)
    assert "layer2  ScaledSoftsign(factor=2.0)  (n, 3)                 1" in model.summary()
    other = model_of(new)
    state = model.state_dict() | {"layer2.scale": np.array(3.0)}
    other.load_state_dict(state)
    assert other[1].scale.item() == 3.0
    loss = ag.bce_with_logits(model(X), y)
    assert "ScaledSoftsign(factor=2.0)" in ag.draw(loss, model=model).to_dot()


def test_a_new_activation_is_known_to_the_networks(new):
    network = nn.BinaryNetwork([2, 4, 1], "scaled_softsign", rng=0)
    assert isinstance(network[1], new.ScaledSoftsign)
    classifier = ag.estimators.BinaryNetworkClassifier(
        (4,), activation="scaled_softsign", epochs=2, progress=False
    )
    assert len(classifier.fit(X, y).history_.loss) == 2


@pytest.mark.parametrize("compile", [False, True])
def test_a_new_optimizer_trains(new, compile):
    model = model_of(new)
    again = model_of(new)
    history = ag.fit(
        model,
        X,
        y,
        loss=ag.bce_with_logits,
        optimizer=new.Adagrad(model.parameters()),
        epochs=4,
        progress=False,
        compile=compile,
    )
    optimizer = new.Adagrad(again.parameters())
    for expected in history.loss:
        loss = ag.bce_with_logits(again(X), y)
        assert loss.item() == pytest.approx(expected, rel=1e-12)
        loss.backward()
        optimizer.step()


def test_a_new_optimizer_is_compiled_with_the_names_of_its_state(new):
    model = model_of(new)
    again = model_of(new)
    step = ag.compile(lambda X, y: ag.bce_with_logits(model(X), y), optimizer=new.Adagrad(model.parameters()))
    optimizer = new.Adagrad(again.parameters())
    for _ in range(3):
        loss = ag.bce_with_logits(again(X), y)
        assert step(X, y) == pytest.approx(loss.item(), rel=1e-12)
        loss.backward()
        optimizer.step()
    assert "new_W1_total" in step.source


def test_a_new_optimizer_shows_and_checks_its_settings(new):
    w = nn.Parameter(1.0, name="w")
    assert repr(new.Adagrad([w], decay=0.5)) == "Adagrad(1 parameters, lr=0.1, eps=1e-10, decay=0.5)"
    with pytest.raises(ValueError, match="Adagrad: decay is 1; it must be at least 0 and less than 1"):
        new.Adagrad([w], decay=1)
    assert plots.descend(X, y, "cross-entropy", (0, 0), new.Adagrad, 5).shape == (6, 2)


def test_the_classifier_knows_every_exported_optimizer_of_first_order():
    exported = [getattr(optim, name) for name in optim.__all__ if name != "Optimizer"]
    assert set(binary_network.OPTIMIZERS.values()) == {kind for kind in exported if not kind.needs_loss}
