"""fit, History and EarlyStopping, against training loops written by hand."""

import sys
from contextlib import nullcontext

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


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("batch_size", [None, 3])
def test_accuracy_of_labels_that_are_signs(compile, batch_size):
    signs = 2 * y - 1
    network = nn.BinaryNetwork([2, 8, 1], rng=0)
    history = fit(
        network, X, signs, loss=ag.hinge, optimizer=Adam(network.parameters(), 0.05), epochs=200,
        validation=(X, signs), compile=compile, batch_size=batch_size, rng=0,
    )  # fmt: skip
    assert history.metrics["accuracy"][-1] == history.metrics["val_accuracy"][-1] == 1.0
    start = nn.BinaryNetwork([2, 8, 1], rng=0).predict(X)
    assert batch_size or history.metrics["accuracy"][0] == np.mean(start == y) == 0.3


@pytest.mark.parametrize("batch_size", [None, 1, 4])
@pytest.mark.parametrize(
    "labels", [0.1 + 0.8 * y, X[:, 0], np.arange(10.0), np.arange(10) % 3 - 1.0, np.arange(10) % 3]
)
def test_other_labels_have_no_accuracy(labels, batch_size):
    network = nn.BinaryNetwork([2, 4, 1], rng=0)
    slow = SGD(network.parameters(), 1e-3)
    history = fit(
        network, X, labels, loss=ag.mse, optimizer=slow, validation=(X, labels), batch_size=batch_size
    )
    assert list(history.metrics) == ["val_loss"]


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_regression_of_counts_has_no_accuracy(outputs):
    model = nn.Linear(2, outputs, rng=0)
    history = fit(model, X, np.arange(10), loss=lambda p, t: ag.mse(p[:, 0], t * 1.0), epochs=1)
    assert history.metrics == {}


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

    fit(model, X, y, loss=loss, validation=0.2, epochs=2, optimizer=SGD(model.parameters(), 0.05))
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


def test_early_stopping_wants_an_accuracy_high():
    for monitor in ("accuracy", "val_accuracy"):
        stop, p = EarlyStopping(2, monitor=monitor), nn.Parameter(0.0)
        stop.begin([p])
        for epoch, value in enumerate([0.5, 0.9, 0.7, 0.9, 1.0], 1):
            p.data = np.float64(epoch)
            if stop(epoch, {"loss": 1.0 / epoch, monitor: value}):
                break
        stop.end()
        assert (epoch, p.item(), stop.best_epoch, stop.best) == (4, 2, 2, 0.9)


@pytest.mark.parametrize("compile", [False, True])
def test_early_stopping_restores_the_epoch_of_the_best_accuracy(compile):
    network, stop = nn.BinaryNetwork([2, 4, 1], rng=0), EarlyStopping(30, monitor="val_accuracy")
    history = fit(
        network, X, y, loss=ag.bce_with_logits, validation=(X, y), callbacks=[stop], epochs=60,
        batch_size=3, rng=0, compile=compile,
    )  # fmt: skip
    values = history.metrics["val_accuracy"]
    assert values[0] < max(values) == stop.best == values[stop.best_epoch - 1]
    assert np.mean(network.predict(X) == y) == max(values)


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
    with pytest.raises(ValueError, match=r"monitor is 'accuracy', and an epoch measures loss; choose"):
        fit(nn.Linear(2, None, rng=0), X, X[:, 0], loss=ag.mse, callbacks=[EarlyStopping(monitor="accuracy")])
    with pytest.raises(ValueError, match=r"monitor is 'f1', and an epoch measures loss, f1; choose"):
        EarlyStopping(monitor="f1")(1, {"loss": 1.0, "f1": 0.5})
    with pytest.raises(
        TypeError, match=r"EarlyStopping: instead of restore_best_weights, give restore_best$"
    ):
        EarlyStopping(restore_best_weights=True)


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
    assert max(history.metrics["accuracy"]) > history.metrics["accuracy"][0]


def test_a_loss_that_is_not_finite_names_lr_only_where_there_is_one():
    unit = nn.LogisticUnit(2)
    message = r"fit: the loss is inf in epoch 1, batch 1 of 1; standardise X: its entries reach 2.33$"
    with pytest.raises(ValueError, match=message):
        fit(unit, X, y, loss=lambda p, t: p.sum() * np.inf, optimizer=ag.optim.Newton(unit.parameters()))


# A loss that broadcasts output and labels.


COLUMN = nn.Linear(2, 1, rng=0)


def by_where(p, t):
    return np.where(t == 1, -np.log(ag.sigmoid(p)), -np.log(1 - ag.sigmoid(p))).mean()


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize(
    ("loss", "op"),
    [
        (lambda p, t: ((p - t) ** 2).mean(), "subtract"),
        (lambda p, t: np.mean(np.abs(t - p)), "subtract"),
        (lambda p, t: np.maximum(0, 1 - (2 * t - 1) * p).sum() / len(t), "multiply"),
        (by_where, "where"),
        (lambda p, t: -np.mean(t * np.log(ag.sigmoid(p))), "multiply"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_loss_that_broadcasts_output_and_labels(loss, op, swapped, compile):
    model = nn.Linear(2, None, rng=0) if swapped else nn.Linear(2, 1, rng=0)
    labels = y[:, None] if swapped else y
    shapes = [r"\(10, 1\)", r"\(10,\)"]
    first, second = reversed(shapes) if swapped else shapes
    message = rf"^fit: the output of the model has shape {first} and y has shape {second}, and {op} in the "
    before = model.W.data
    with pytest.raises(
        ValueError, match=message + r"loss broadcasts both to \(10, 10\); make the shapes equal"
    ):
        fit(model, X, labels, loss=loss, compile=compile)
    np.testing.assert_array_equal(model.W.data, before)


@pytest.mark.parametrize("compile", [False, True])
def test_layers_of_the_model_with_such_shapes_are_no_broadcast(compile):
    for n_in, hidden, n_out, loss in [
        (2, 10, 3, ag.cross_entropy),
        (1, 10, 1, lambda p, t: ag.mse(p[:, 0], 1.0 * t)),
        (10, 10, 1, lambda p, t: ag.mse(p.reshape(-1), 1.0 * t)),
    ]:
        model = nn.Sequential(nn.Linear(n_in, hidden, rng=0), nn.Linear(hidden, n_out, rng=0))
        slow = SGD(model.parameters(), 1e-4)
        fit(model, np.ones((10, n_in)), np.arange(10) % 3, loss=loss, compile=compile, optimizer=slow)


def test_validation_labels_have_the_shape_of_the_labels():
    model = nn.Linear(2, None, rng=0)
    with pytest.raises(
        ValueError, match=r"fit: y has shape \(10,\) and validation y has shape \(10, 1\); give"
    ):
        fit(model, X, y, loss=lambda p, t: ((p - t) ** 2).mean(), validation=(X, y[:, None]))


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize(
    ("n_out", "labels", "loss"),
    [
        (1, y, lambda p, t: ((p[:, 0] - t) ** 2).mean()),
        (1, y, lambda p, t: ((p - t[:, None]) ** 2).mean()),
        (1, y[:, None], lambda p, t: ((p - t) ** 2).mean()),
        (1, y, lambda p, t: np.logaddexp(0, -(p - p.T) * (t[:, None] - t)).mean()),  # of pairs
        (None, y, lambda p, t: np.logaddexp(0, -(p[:, None] - p) * (t[:, None] - t)).mean()),
        (10, np.arange(10), ag.cross_entropy),
        (3, y, lambda p, t: ((p.sum(axis=1) - t) ** 2).mean()),
        (3, np.arange(10) % 3, lambda p, t: -ag.log_softmax(p)[np.arange(10), t].mean()),
    ],
)
def test_other_shapes_of_output_and_labels_are_no_broadcast(n_out, labels, loss, compile):
    model = nn.Linear(2, n_out, rng=0)
    slow = SGD(model.parameters(), 1e-3)
    assert len(fit(model, X, labels, loss=loss, compile=compile, optimizer=slow).loss) == 3


# A loss that rises.


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize(("batch_size", "epochs"), [(None, 30), (4, 2), (4, 1)])
def test_a_loss_that_rises_is_reported_with_the_column(compile, batch_size, epochs):
    wide = np.column_stack([X, 60_000 + 1000 * X[:, 0]])
    unit = nn.LogisticUnit(3)
    message = (
        r"^fit: the loss rose from 0.6931 to \S+ \(lr is 0.1\); standardise X, whose column \[:, 2\] reaches "
        r"6.1\de\+04, or lower lr$"
    )
    with pytest.warns(UserWarning, match=message) as caught:
        fit(
            unit, wide, y, optimizer=SGD(unit.parameters(), 0.1), batch_size=batch_size, epochs=epochs,
            compile=compile, rng=0,
        )  # fmt: skip
    assert len(caught) == 1
    assert caught[0].filename == __file__
    p = unit(wide)  # the parameters are those of the end
    assert ag.bce(p, y).item() > 100


def test_a_loss_that_rises_on_standardised_features():
    model = nn.Linear(2, None, rng=0)
    with pytest.warns(UserWarning, match=r"^fit: the loss rose from \S+ to \S+ \(lr is 2.0\); lower lr$"):
        fit(model, X, y, loss=ag.mse, optimizer=SGD(model.parameters(), 2.0), epochs=5)


@pytest.mark.parametrize("restore_best", [True, False])
def test_no_warning_if_early_stopping_restores_the_best(restore_best):
    unit = nn.LogisticUnit(2)
    optimizer = SGD(unit.parameters(), 0.5)

    def leap(epoch, logs):
        optimizer.lr = 0.5 if epoch < 4 else 1e4

    stop = EarlyStopping(3, restore_best=restore_best)
    coin = np.arange(10) % 2
    with nullcontext() if restore_best else pytest.warns(UserWarning, match="the loss rose from 0.6931 to"):
        fit(unit, X, coin, validation=(X, coin), epochs=9, callbacks=[leap, stop], optimizer=optimizer)


@pytest.mark.parametrize("seed", range(5))
def test_a_training_that_wobbles_is_not_reported(seed):
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((60, 4))
    target = Z @ rng.standard_normal(4) + 0.1 * rng.standard_normal(60)
    model = nn.Linear(4, None, rng=seed)
    for optimizer in (Adam(model.parameters(), 0.05), SGD(model.parameters(), 0.05)):  # the second goes on
        for epochs in (1, 3, 1):
            fit(model, Z, target, loss=ag.mse, optimizer=optimizer, batch_size=1, epochs=epochs, rng=rng)
    coin = (rng.random(60) > 0.5).astype(float)
    network = nn.BinaryNetwork([4, 8, 1], rng=seed)
    for _ in range(3):
        fit(
            network, Z, coin, loss=ag.bce_with_logits, optimizer=Adam(network.parameters(), 0.03), epochs=2,
            batch_size=2, rng=rng,
        )  # fmt: skip


# First guesses.


@pytest.mark.parametrize(
    ("guess", "message"),
    [
        ({"validation_split": 0.2}, "instead of validation_split, give validation$"),
        ({"validation_data": (X, y)}, "instead of validation_data, give validation$"),
        ({"verbose": 0}, "instead of verbose, give progress$"),
        ({"shuffle": True}, "instead of shuffle, give batch_size: each epoch then takes"),
        ({"lr": 0.1}, r"instead of lr, give optimizer: ag.optim.Adam\(model.parameters\(\), lr=0.01\)$"),
        ({"num_epochs": 3}, "instead of num_epochs, give epochs"),
        ({"criterion": ag.bce}, "instead of criterion, give loss"),
        (
            {"random_state": 0, "verbose": 1},
            "instead of random_state, give rng; instead of verbose, give pro",
        ),
        ({"patience": 5}, r"instead of patience, give callbacks: \[ag.EarlyStopping\(patience=10\)\]$"),
        (
            {"metrics": ["accuracy"]},
            "unexpected keyword argument 'metrics'; the arguments are model, X, y, loss",
        ),
        ({"loss": "mse"}, "loss is 'mse'; pass a function, such as ag.mse for loss"),
        ({"loss": "binary_crossentropy"}, "loss is 'binary_c.*; pass a function, such as ag.bce_with_logits"),
        ({"loss": ["mse"]}, "loss is .*; pass a function"),
        ({"optimizer": "adam"}, "optimizer is 'adam'; make one: ag.optim.Adam"),
    ],
)
def test_first_guesses_of_arguments(guess, message):
    unit = nn.LogisticUnit(2)
    with pytest.raises(TypeError, match=f"^fit: .*{message}"):
        fit(unit, X, y, **guess)
    assert (unit.w.data == 0).all()


def test_missing_and_positional_arguments():
    with pytest.raises(
        TypeError, match=r"^fit: missing a required argument: 'loss'; the arguments are model, X,"
    ):
        ag.fit(nn.LogisticUnit(2), X, y)
    with pytest.raises(
        TypeError, match=r"^fit: too many positional arguments; the arguments are model, X, y"
    ):
        ag.fit(nn.LogisticUnit(2), X, y, ag.bce)
