"""fit, History and EarlyStopping, against training loops written by hand."""

import sys

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn, training
from autograd_lite.history import EarlyStopping, History
from autograd_lite.optim import SGD, Adam

RNG = np.random.default_rng(0)
X = RNG.standard_normal((10, 2))
y = (X @ [1.0, -2.0] + 0.3 * RNG.standard_normal(10) > 0).astype(float)


def fit(model, X, y, **settings):
    settings = {"loss": ag.bce, "epochs": 3, "progress": False, **settings}
    settings.setdefault("optimizer", SGD(model.parameters(), 0.5))
    return training.fit(model, X, y, **settings)


def sigma(z):
    return 1 / (1 + np.exp(-z))


def by_hand(parts, epochs=3, lr=0.5):
    """Logistic regression by gradient descent in plain NumPy: weights, bias, and mean loss per epoch."""
    w, b, losses = np.zeros(2), 0.0, []
    for _ in range(epochs):
        total = 0.0
        for part in parts():
            x, t = X[part], y[part]
            p = sigma(x @ w + b)
            total -= np.sum(t * np.log(p) + (1 - t) * np.log(1 - p))
            w, b = w - lr * x.T @ (p - t) / len(t), b - lr * np.mean(p - t)
        losses.append(total / len(X))
    return w, b, losses


def same(unit, history, expected):
    w, b, losses = expected
    np.testing.assert_allclose(unit.w.data, w)
    np.testing.assert_allclose(unit.b.data, b)
    np.testing.assert_allclose(history.loss, losses)


def test_a_full_batch_is_gradient_descent():
    unit = nn.LogisticUnit(2)
    same(unit, fit(unit, X, y), by_hand(lambda: [slice(None)]))


@pytest.mark.parametrize("size", [1, 4, 9, 10, 99])
def test_mini_batches_with_a_smaller_last_one(size):
    unit, rng = nn.LogisticUnit(2), np.random.default_rng(5)

    def parts():
        order = rng.permutation(10)
        return [order[i : i + size] for i in range(0, 10, size)]

    same(unit, fit(unit, X, y, batch_size=size, rng=5), by_hand(parts))


def test_a_seed_repeats_exactly():
    def trained(rng):
        network = nn.BinaryNetwork([2, 4, 1], rng=1)
        h = fit(network, X, y, loss=ag.bce_with_logits, batch_size=3, validation=0.3, rng=rng)
        return [p.data for p in network.parameters()], h.loss, h.metrics

    one, two, other = trained(7), trained(7), trained(8)
    assert one[1:] == two[1:]
    assert one[1:] != other[1:]
    for p, q in zip(one[0], two[0], strict=True):
        np.testing.assert_array_equal(p, q)


def test_every_example_is_seen_once_an_epoch_in_a_new_order():
    seen = []

    def model(x):
        seen.append(x[:, 0])
        return w * x[:, 0]

    w, numbers = nn.Parameter(1.0, name="w"), np.arange(1.0, 8.0)[:, None]
    training.fit(
        model, numbers, numbers[:, 0], loss=ag.mse, optimizer=SGD([w], 1e-3), epochs=2, batch_size=3,
        progress=False, rng=0,
    )  # fmt: skip
    assert [len(x) for x in seen] == [3, 3, 1] * 2
    epochs = [np.concatenate(seen[:3]), np.concatenate(seen[3:])]
    assert [sorted(e) for e in epochs] == [list(range(1, 8))] * 2
    assert not np.array_equal(*epochs)


def test_accuracy_of_two_classes():
    unit = nn.LogisticUnit(2)
    before = unit.predict(X)
    history = fit(unit, X, y, validation=(X, y), epochs=2)
    assert list(history.metrics) == ["accuracy", "val_loss", "val_accuracy"]
    assert history.metrics["accuracy"][0] == np.mean(before == y) < 1
    assert history.metrics["val_accuracy"][-1] == np.mean(unit.predict(X) == y) > np.mean(y)
    p = unit.predict_proba(X)
    expected = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    assert history.metrics["val_loss"][-1] == pytest.approx(expected)


def test_accuracy_of_a_network_cuts_logits_at_zero():
    network = nn.BinaryNetwork([2, 3, 1], rng=0)
    before = np.mean(network.predict(X) == y)
    history = fit(network, X, y, loss=ag.bce_with_logits, epochs=1)
    assert history.metrics["accuracy"] == [before]


def test_accuracy_of_several_classes():
    labels = np.arange(10) % 3
    model = nn.Linear(2, 3, rng=0)
    before = np.mean(model(X).data.argmax(axis=1) == labels)
    history = fit(model, X, labels, loss=ag.cross_entropy, epochs=1, batch_size=10)
    assert history.metrics == {"accuracy": [before]}


def test_a_regression_has_no_accuracy():
    history = fit(nn.Linear(2, None, rng=0), X, X[:, 0], loss=ag.mse)
    assert history.metrics == {}
    assert len(history.loss) == 3


def test_a_fraction_is_set_aside_at_random_and_not_learned_from():
    seen = []

    def model(x):
        seen.append(x)
        return ag.affine(x, w, 0.0)

    w = nn.Parameter([0.0, 0.0], name="w")
    training.fit(
        model, X, y, loss=ag.bce_with_logits, optimizer=SGD([w], 0.1), epochs=1, validation=0.3, rng=1,
        progress=False,
    )  # fmt: skip
    learned, held_out = seen
    assert learned.shape == (7, 2)
    assert held_out.shape == (3, 2)
    assert {tuple(row) for row in X} == {tuple(row) for row in np.concatenate(seen)}
    assert not np.array_equal(held_out, X[:3])
    assert not np.array_equal(held_out, X[-3:])


def test_float32_stays_float32():
    network = nn.BinaryNetwork([2, 3, 1], rng=0).astype(np.float32)
    dtypes = set()

    def loss(output, target):
        dtypes.add(output.dtype)
        return ag.bce_with_logits(output, target)

    fit(network, X.astype(np.float32), y, loss=loss, validation=0.2, batch_size=4)
    assert dtypes == {np.dtype(np.float32)} == {p.dtype for p in network.parameters()}


def test_lists_integers_and_constant_tensors_are_data():
    one, two, three = (nn.LogisticUnit(2) for _ in range(3))
    numbers, labels = np.array([[1, 2], [3, -4], [0, 1]]), np.array([1, 0, 1])
    fit(one, numbers.astype(float), labels.astype(float))
    fit(two, numbers.tolist(), labels.tolist())
    fit(three, ag.Tensor(numbers.astype(float)), labels > 0)
    np.testing.assert_allclose(one.w.data, two.w.data)
    np.testing.assert_allclose(one.w.data, three.w.data)


def test_dropout_works_in_training_and_rests_in_validation():
    model = nn.Sequential(nn.Dropout(0.5, rng=0), nn.Linear(2, None, rng=0))
    modes = []

    def loss(output, target):
        modes.append(model[0].training)
        return ag.mse(output, target)

    fit(model, X, y, loss=loss, validation=0.2, epochs=2)
    assert modes == [True, False, True, False]
    assert not model.training
    with pytest.raises(ZeroDivisionError):
        fit(model, X, y, loss=lambda *_: 1 / 0)
    assert not model.training
    assert not model[0].training


# Callbacks.


def test_callbacks_see_each_epoch_and_one_may_stop():
    message = []
    history = fit(
        nn.LogisticUnit(2), X, y, epochs=9,
        callbacks=[lambda epoch, logs: epoch == 4, lambda epoch, logs: message.append((epoch, logs["loss"]))],
    )  # fmt: skip
    assert [epoch for epoch, _ in message] == [1, 2, 3, 4]
    assert [loss for _, loss in message] == history.loss


def stopped(values, **settings):
    """The epochs in which a parameter, 1, 2, ... after each epoch, was asked to stop; and its last value."""
    stop, p = EarlyStopping(**settings), nn.Parameter(0.0)
    stop.begin([p])
    for epoch, value in enumerate(values, 1):
        p.data = np.float64(epoch)
        if stop(epoch, {"loss": 0.0, "val_loss": value}):
            break
    stop.end()
    return epoch, p.item(), stop.best_epoch, stop.best


@pytest.mark.parametrize(
    ("values", "settings", "expected"),
    [
        ([3, 2, 1, 2, 2, 0], {"patience": 2}, (5, 3, 3, 1)),
        ([3, 2, 1, 2, 2, 0], {"patience": 3}, (6, 6, 6, 0)),
        ([3, 2, 1, 2, 2, 0], {"patience": 1}, (4, 3, 3, 1)),
        ([3, 2, 1, 2, 2, 0], {"patience": 2, "restore_best": False}, (5, 5, 3, 1)),
        ([3, 3, 3, 3], {"patience": 2}, (3, 1, 1, 3)),
        ([3, 4, 2, 4, 1, 5, 5, 0], {"patience": 2}, (7, 5, 5, 1)),
        ([3, 2.9, 2.8, 2.7], {"patience": 2, "min_delta": 0.15}, (4, 3, 3, 2.8)),
        ([3, 2.9, 2.8, 2.7], {"patience": 2, "min_delta": 0.5}, (3, 1, 1, 3)),
        ([1, np.nan, np.nan], {"patience": 2}, (3, 1, 1, 1)),
        ([1, 0.5, 2], {"patience": 9}, (3, 2, 2, 0.5)),
        ([0.0] * 4, {"patience": 3, "monitor": "loss"}, (4, 1, 1, 0)),
    ],
)
def test_early_stopping(values, settings, expected):
    assert stopped(values, **settings) == expected


def test_early_stopping_in_a_training_that_overfits():
    rng = np.random.default_rng(2)
    noise, coin = rng.standard_normal((30, 20)), rng.integers(0, 2, 30).astype(float)
    network, stop = nn.BinaryNetwork([20, 16, 1], rng=0), EarlyStopping(patience=4)
    history = fit(
        network, noise, coin, loss=ag.bce_with_logits, optimizer=Adam(network.parameters(), 0.05),
        epochs=200, validation=(noise[:10], 1 - coin[:10]), callbacks=[stop],
    )  # fmt: skip
    values = history.metrics["val_loss"]
    assert len(values) == stop.best_epoch + 4 < 200
    assert stop.best == min(values)
    final = ag.bce_with_logits(network(noise[:10]), 1 - coin[:10]).item()
    assert final == pytest.approx(min(values), rel=1e-12)
    assert final < values[-1]


def test_early_stopping_starts_anew_with_each_training():
    stop, unit = EarlyStopping(patience=1), nn.LogisticUnit(2)
    fit(unit, X, y, callbacks=[stop], epochs=5)
    fit(nn.LogisticUnit(2), X, y, callbacks=[stop], epochs=2)
    assert stop.best_epoch == 2


def test_early_stopping_checks_its_settings():
    for patience in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match=r"EarlyStopping: patience is .*; give a whole number of epochs"):
            EarlyStopping(patience)
    for delta in (-1, np.nan):
        with pytest.raises(ValueError, match=r"EarlyStopping: min_delta is"):
            EarlyStopping(min_delta=delta)
    with pytest.raises(
        ValueError, match=r"monitor is 'val_loss', and an epoch measures loss, accuracy; choose"
    ):
        fit(nn.LogisticUnit(2), X, y, callbacks=[EarlyStopping(monitor="val_loss")])


# Progress and history.


def test_progress_is_shown_where_tqdm_is(capsys, monkeypatch):
    fit(nn.LogisticUnit(2), X, y, epochs=5, progress=True, callbacks=[lambda epoch, _: epoch == 3])
    assert "3/5" in capsys.readouterr().err
    fit(nn.LogisticUnit(2), X, y, progress=False)
    assert capsys.readouterr().err == ""
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert len(fit(nn.LogisticUnit(2), X, y, progress=True).loss) == 3
    assert capsys.readouterr().err == ""


def test_a_history_is_a_small_table():
    history = History()
    assert repr(history) == "epoch          loss"
    for i in range(101):
        history.append({"loss": 1 / (i + 1), "accuracy": i / 100})
    lines = repr(history).splitlines()
    assert len(lines) == 7
    assert lines[0] == "epoch          loss      accuracy"
    assert lines[1] == "    1             1             0"
    assert lines[-1] == "  101    0.00990099             1"


def test_a_history_draws_itself():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    history = fit(nn.LogisticUnit(2), X, y, validation=0.3)
    axes = history.plot()
    assert [line.get_label() for line in axes.lines] == ["loss", "val_loss"]
    np.testing.assert_array_equal(axes.lines[0].get_data(), ([1, 2, 3], history.loss))
    assert [text.get_text() for text in axes.figure.axes[-1].get_legend().get_texts()] == [
        "loss", "val_loss", "accuracy", "val_accuracy",
    ]  # fmt: skip
    assert History().plot(axes) is axes
    pyplot.close("all")


# Errors of fit.


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (X, y[:9], ValueError, r"X has shape \(10, 2\) and y has shape \(9,\): 10 examples and 9 labels"),
        (X[:0], y[:0], ValueError, r"X has shape \(0, 2\): no examples"),
        (np.float64(1.0), y, ValueError, r"X has shape \(\): no examples"),
        (
            np.where(X[3, 1] == X, np.nan, X),
            y,
            ValueError,
            r"X is not finite: 1 of 20 .* nan, the first at \[3, 1\]",
        ),
        (X, np.where(y == 1, np.inf, y), ValueError, "y is not finite: .* entries are inf, the first at"),
        (X.astype(object), y, TypeError, r"X has dtype object; .* X.astype\(float\)"),
        (X, y.astype(str), TypeError, "y has dtype <U"),
        (X + 0j, y, TypeError, "X has dtype complex128"),
    ],
)
def test_data_are_checked_before_anything_changes(X, y, error, message):
    unit = nn.LogisticUnit(2)
    before, optimizer = unit.w.data, SGD(unit.parameters(), 0.1)
    with pytest.raises(error, match=rf"^fit: {message}"):
        fit(unit, X, y, optimizer=optimizer)
    with pytest.raises(error, match=rf"^fit: validation {message.replace(' and y', ' and validation y')}"):
        fit(unit, *DATA, optimizer=optimizer, validation=(X, y))
    assert unit.w.data is before
    assert unit.training


DATA = X, y


@pytest.mark.parametrize("bad", [0, -1, 1.5, True, "3"])
def test_counts_are_checked(bad):
    for name in ("epochs", "batch_size"):
        with pytest.raises(ValueError, match=rf"fit: {name} is .*; give a whole number, 1 or more"):
            fit(nn.LogisticUnit(2), X, y, **{name: bad})


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, 0.01, 0.99, np.nan, 2, "all"])
def test_a_fraction_leaves_examples_on_both_sides(bad):
    with pytest.raises(ValueError, match=r"fit: validation is .* of 10 examples; give"):
        fit(nn.LogisticUnit(2), X, y, validation=bad)
    with pytest.raises(ValueError, match=r"fit: validation has 3 parts"):
        fit(nn.LogisticUnit(2), X, y, validation=(X, y, y))


def test_a_parameter_that_the_loss_does_not_reach():
    unit, lost = nn.LogisticUnit(2), nn.Parameter([1.0], name="lost")
    (lost * 2.0).sum().backward()  # a gradient of another loss does not count
    with pytest.raises(ValueError, match=r"SGD.step: lost has no gradient: the loss does not reach it"):
        fit(unit, X, y, optimizer=SGD([*unit.parameters(), lost], 0.1))


def test_a_loss_that_is_not_finite_says_where():
    model = nn.Linear(2, None, rng=0)
    message = r"fit: the loss is inf in epoch \d+, batch [123] of 3 \(lr is 1000.0\); lower lr"
    with pytest.raises(ValueError, match=message):
        fit(model, X * 1e3, y, loss=ag.mse, epochs=500, batch_size=4, optimizer=SGD(model.parameters(), 1e3))


def test_a_loss_is_one_number():
    with pytest.raises(TypeError, match=r"fit: loss returned a tensor of shape \(10,\); it must return"):
        fit(nn.LogisticUnit(2), X, y, loss=lambda p, t: p - t)
    with pytest.raises(TypeError, match=r"fit: loss returned 1.0; it must"):
        fit(nn.LogisticUnit(2), X, y, loss=lambda p, t: 1.0)


def test_output_and_labels_of_other_shapes_are_refused_by_the_loss():
    with pytest.raises(ValueError, match=r"mse: .* \(10, 1\) and .* \(10,\); a loss does not broadcast"):
        fit(nn.Linear(2, 1), X, y, loss=ag.mse)


def test_a_batch_of_one_example():
    unit = nn.LogisticUnit(2)
    history = fit(unit, X[:1], y[:1], batch_size=1)
    assert len(history.loss) == 3
    assert history.loss[0] == pytest.approx(np.log(2))


def test_frozen_and_shared_parameters():
    one = nn.Linear(2, 2, rng=0)
    one.b.requires_grad = False
    model = nn.Sequential(one, nn.Tanh(), one, nn.Linear(2, None, rng=1))
    before = one.W.data, one.b.data
    history = fit(model, X, y, loss=ag.bce_with_logits, epochs=20)
    assert one.b.data is before[1]
    assert not np.array_equal(one.W.data, before[0])
    assert history.loss[-1] < history.loss[0]


def test_an_optimiser_that_leaves_out_a_parameter_is_refused():
    net, X, y = nn.BinaryNetwork([2, 3, 1], rng=0), np.ones((4, 2)), np.ones(4)
    last = ag.optim.SGD(net.layer2.parameters(), lr=0.1)
    for model in (net, net.logits):
        with pytest.raises(ValueError, match=r"leaves out layer1\.W, layer1\.b; make it from"):
            ag.fit(model, X, y, loss=ag.bce_with_logits, optimizer=last, epochs=1, progress=False)
    net.layer1.W.requires_grad = net.layer1.b.requires_grad = False
    assert len(ag.fit(net, X, y, loss=ag.bce_with_logits, optimizer=last, epochs=1, progress=False).loss) == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"optimizer": ag.optim.SGD}, "make one: ag.optim.Adam"),
        ({"optimizer": "sgd"}, "optimizer is 'sgd'"),
        ({"loss": "bce"}, "loss is 'bce'; pass a function"),
        ({"callbacks": print}, "callbacks is .*; pass a list"),
    ],
)
def test_what_cannot_train_is_refused(wrong, message):
    unit = nn.LogisticUnit(2)
    usual = {"loss": ag.bce, "optimizer": ag.optim.SGD(unit.parameters(), lr=0.1), "callbacks": ()}
    with pytest.raises(TypeError, match=message):
        ag.fit(unit, np.ones((4, 2)), np.ones(4), epochs=1, progress=False, **(usual | wrong))


def test_validation_of_a_saturated_unit_is_finite():
    unit = nn.LogisticUnit(1)
    unit.w.data = np.array([900.0])
    X, y = np.array([[1.0], [-1.0]]), np.array([1.0, 0.0])
    optimizer = ag.optim.SGD(unit.parameters(), lr=1e-3)
    history = ag.fit(
        unit, X, y, loss=ag.bce, optimizer=optimizer, epochs=1, validation=(-X, y), progress=False
    )
    assert history.metrics["val_loss"] == pytest.approx([900.0])


@pytest.mark.parametrize("kind", [ag.optim.Newton, ag.optim.LBFGS])
def test_an_optimiser_that_searches_gets_the_loss_of_each_batch(kind):
    def objective(unit):
        return lambda p, t: ag.bce(p, t) + 0.01 * (unit.w @ unit.w)

    one, two, rng = nn.LogisticUnit(2), nn.LogisticUnit(2), np.random.default_rng(5)
    history = fit(one, X, y, loss=objective(one), optimizer=kind(one.parameters()), batch_size=6, rng=5)
    optimizer, losses = kind(two.parameters()), []
    for _ in range(3):
        order = rng.permutation(10)
        values = [
            optimizer.step(lambda part=part: objective(two)(two(X[part]), y[part]))
            for part in (order[:6], order[6:])
        ]
        losses.append(0.6 * values[0] + 0.4 * values[1])
    np.testing.assert_allclose(history.loss, losses, rtol=1e-12)
    np.testing.assert_array_equal(one.w.data, two.w.data)
    assert history.metrics["accuracy"][-1] > history.metrics["accuracy"][0]


def test_a_loss_that_is_not_finite_names_lr_only_where_there_is_one():
    unit = nn.LogisticUnit(2)
    message = r"fit: the loss is inf in epoch 1, batch 1 of 1; standardise X: its entries reach 2.33$"
    with pytest.raises(ValueError, match=message):
        fit(unit, X, y, loss=lambda p, t: p.sum() * np.inf, optimizer=ag.optim.Newton(unit.parameters()))
