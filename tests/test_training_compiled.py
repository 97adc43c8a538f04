"""fit(compile=True) against fit(compile=False): the same numbers, the same calls, the same errors."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import nn, optim

RNG = np.random.default_rng(0)
X = RNG.standard_normal((30, 3))
y = (X @ [1.0, -2.0, 0.5] + 0.3 * RNG.standard_normal(30) > 0).astype(float)

MODELS = {
    "unit": (lambda: nn.LogisticUnit(3), ag.bce),
    "tanh": (lambda: nn.BinaryNetwork([3, 6, 4, 1], rng=0), ag.bce_with_logits),
    "relu": (lambda: nn.BinaryNetwork([3, 8, 1], activation="relu", rng=0), ag.bce_with_logits),
    "regression": (lambda: nn.Linear(3, None, rng=0), ag.mse),
}
OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, 0.3),
    "momentum": lambda p: optim.SGD(p, 0.1, momentum=0.9),
    "nesterov": lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda p: optim.Adam(p, 0.02, weight_decay=0.01),
    "adamw": lambda p: optim.AdamW(p, 0.02),
    "rmsprop": lambda p: optim.RMSprop(p, 0.01, momentum=0.5),
}


class Log:
    """A callback that notes all that fit tells it."""

    def __init__(self):
        self.told = []

    def begin(self, parameters):
        self.told.append(("begin", [p.name for p in parameters]))

    def step(self):
        self.told.append("step")

    def end(self):
        self.told.append("end")

    def __call__(self, epoch, logs):
        self.told.append((epoch, sorted(logs)))


class Run:
    """A training, made at once: its model, optimizer, history or error, and the calls of callbacks."""

    def __init__(
        self,
        compile,
        model="unit",
        optimizer="adam",
        data=(X, y),
        dtype=float,
        callbacks=lambda run: [],
        **more,
    ):
        make, loss = MODELS[model] if isinstance(model, str) else model
        self.model, self.log, self.calls, self.error = make(), Log(), 0, None
        module = getattr(self.model, "__self__", self.model)
        self.parameters = module.astype(dtype).parameters()
        make = OPTIMIZERS[optimizer] if isinstance(optimizer, str) else optimizer
        self.optimizer = make(self.parameters)
        self.first = [p.data for p in self.parameters]

        def counted(output, target):
            self.calls += 1
            return loss(output, target)

        settings = {"epochs": 6, "progress": False, "rng": 3, **more}
        try:
            self.history = ag.fit(
                self.model,
                data[0].astype(dtype),
                data[1],
                loss=counted,
                optimizer=self.optimizer,
                callbacks=[self.log, *callbacks(self)],
                compile=compile,
                **settings,
            )
        except (Exception, KeyboardInterrupt) as error:
            self.error = error.with_traceback(None)

    @property
    def steps(self):
        return self.log.told.count("step")

    def moved(self):
        """True if a parameter has changed."""
        return any(p.data is not before for p, before in zip(self.parameters, self.first, strict=True))


def both(**how):
    """The same training eagerly and compiled."""
    return Run(False, **how), Run(True, **how)


def same(eager, compiled, rtol=1e-12):
    """Results are equal up to rounding; counts and the calls of callbacks are equal."""
    assert compiled.log.told == eager.log.told
    assert (compiled.error is None) == (eager.error is None)
    for one, other in zip(eager.parameters, compiled.parameters, strict=True):
        close(other.data, one.data, rtol)
    for one, other in zip(eager.optimizer.state, compiled.optimizer.state, strict=True):
        assert len(other) == len(one)
        for a, b in zip(one, other, strict=True):
            close(b, a, rtol)
    if eager.error is None:
        one, other = eager.history.columns(), compiled.history.columns()
        assert list(one) == list(other)
        for name, values in one.items():
            assert len(other[name]) == len(values)
            if name.endswith("accuracy"):
                assert other[name] == values
            else:
                close(other[name], values, rtol)


def close(a, b, rtol):
    a, b = np.asarray(a), np.asarray(b)
    assert a.dtype == b.dtype
    np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * np.abs(b).max(initial=0.0))


# The same numbers.


@pytest.mark.long
@pytest.mark.parametrize("batch_size", [None, 8, 30])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("model", MODELS)
def test_a_compiled_training_is_the_eager_one(model, optimizer, batch_size):
    eager, compiled = both(model=model, optimizer=optimizer, batch_size=batch_size)
    same(eager, compiled)
    assert eager.error is None
    assert eager.moved()
    assert eager.calls == eager.steps == 6 * {None: 1, 8: 4, 30: 1}[batch_size]
    assert compiled.calls <= 5 * {None: 1, 8: 2, 30: 1}[batch_size]  # recorded for each size, not run


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("model", MODELS)
def test_float32_stays_float32(model, optimizer):
    eager, compiled = both(
        model=model, optimizer=optimizer, dtype=np.float32, data=(X, y.astype(np.float32)), batch_size=8
    )
    same(eager, compiled, rtol=1e-4)
    assert {p.dtype for p in compiled.parameters} == {np.dtype(np.float32)}


@settings(max_examples=25)
@given(
    n=st.integers(1, 12),
    batch_size=st.none() | st.integers(1, 13),
    epochs=st.integers(1, 3),
    hidden=st.lists(st.integers(1, 4), max_size=2),
    activation=st.sampled_from(["tanh", "sigmoid", "leaky_relu"]),
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    validation=st.sampled_from([None, (X, y)]),
    seed=st.integers(0, 99),
)
def test_any_sizes(n, batch_size, epochs, hidden, activation, optimizer, validation, seed):
    def network():
        return nn.BinaryNetwork([3, *hidden, 1], activation=activation, rng=seed)

    eager, compiled = both(
        model=(network, ag.bce_with_logits),
        data=(X[:n], y[:n]),
        batch_size=batch_size,
        epochs=epochs,
        rng=seed,
        optimizer=optimizer,
        validation=validation,
    )
    same(eager, compiled)


@pytest.mark.parametrize("labels", [y > 0, y.astype(int), y.astype(np.float32)])
def test_labels_of_other_dtypes(labels):
    eager, compiled = both(data=(X, labels), batch_size=8)
    same(eager, compiled)
    assert "accuracy" in compiled.history.metrics


@pytest.mark.parametrize(
    ("loss", "labels", "measured"),
    [
        (ag.cross_entropy, np.arange(30) % 3, ["accuracy"]),
        (ag.cross_entropy, np.eye(3)[np.arange(30) % 3], []),
        (lambda p, t: ag.mse(p, (t[:, None] == np.arange(3)) * 1.0), np.arange(30) % 3, ["accuracy"]),
    ],
)
def test_several_classes(loss, labels, measured):
    eager, compiled = both(model=(lambda: nn.Linear(3, 3, rng=0), loss), data=(X, labels), batch_size=8)
    same(eager, compiled)
    assert list(compiled.history.metrics) == measured


def test_a_method_and_a_function_are_models():
    same(*both(model=(lambda: nn.LogisticUnit(3).logits, ag.bce_with_logits), batch_size=8))
    results = []
    for compile in (False, True):
        w, b = nn.Parameter(np.zeros(3), name="w"), nn.Parameter(0.0, name="b")
        history = ag.fit(
            lambda x, w=w, b=b: ag.affine(x, w, b),
            X,
            y,
            loss=ag.bce_with_logits,
            optimizer=optim.SGD([w, b], 0.1),
            epochs=5,
            progress=False,
            compile=compile,
        )
        results.append((w.data, b.data, history.loss))
    for one, other in zip(*results, strict=True):
        close(other, one, 1e-13)


def test_a_loss_of_one_entry_is_one_number():
    same(*both(model=(lambda: nn.Linear(3, None, rng=0), lambda p, t: ag.mse(p, t).reshape(1)), epochs=2))


def test_trainings_follow_each_other():
    results = []
    for kinds in [(False, False), (True, True), (False, True), (True, False)]:
        network = nn.BinaryNetwork([3, 4, 1], rng=0)
        optimizer = optim.Adam(network.parameters(), 0.05)
        for compile in kinds:
            ag.fit(
                network,
                X,
                y,
                loss=ag.bce_with_logits,
                optimizer=optimizer,
                epochs=3,
                batch_size=7,
                rng=1,
                progress=False,
                compile=compile,
            )
        results.append(np.concatenate([p.data.ravel() for p in network.parameters()]))
    for other in results[1:]:
        close(other, results[0], 1e-12)


# Callbacks.


def test_early_stopping_stops_at_the_same_epoch_and_restores_the_best():
    def stopping(run):
        run.stop = ag.EarlyStopping(patience=2)
        return [run.stop]

    eager, compiled = both(
        model="tanh",
        optimizer=lambda p: optim.Adam(p, 0.1),
        batch_size=8,
        validation=0.4,
        epochs=200,
        callbacks=stopping,
    )
    same(eager, compiled)
    assert compiled.stop.best_epoch == eager.stop.best_epoch
    assert len(compiled.history.loss) == eager.stop.best_epoch + 2 < 200


def test_a_film_records_the_same_losses():
    def filming(run):
        run.film = ag.film(run.model, X, y, loss=ag.bce, every=2)
        return [run.film]

    eager, compiled = both(batch_size=8, epochs=2, callbacks=filming)
    same(eager, compiled)
    one, other = ([(f.step, f.loss) for f in run.film.frames] for run in (eager, compiled))
    close(other, one, 1e-12)


class Changing:
    """A callback that changes something after each step, and after each epoch."""

    def __init__(self, run, each_step=None, each_epoch=None):
        self.run, self.steps = run, 0
        self.each_step, self.each_epoch = each_step, each_epoch

    def step(self):
        self.steps += 1
        if self.each_step:
            self.each_step(self.run, self.steps)

    def __call__(self, epoch, logs):
        if self.each_epoch:
            self.each_epoch(self.run, epoch)


def changing(**when):
    return lambda run: [Changing(run, **when)]


def test_a_learning_rate_that_falls_is_not_compiled_again():
    def slower(run, n):
        run.optimizer.lr = 0.1 / (1 + n)

    for when in ({"each_step": slower}, {"each_epoch": slower}):
        eager, compiled = both(model="tanh", callbacks=changing(**when), batch_size=8)
        same(eager, compiled)
        assert compiled.calls <= 10
    (plain,) = both(model="tanh", batch_size=8)[:1]
    assert not np.array_equal(plain.parameters[0].data, eager.parameters[0].data)


@pytest.mark.parametrize(
    ("optimizer", "name", "value"),
    [
        ("momentum", "momentum", 0.5),
        ("nesterov", "weight_decay", 0.0),
        ("momentum", "nesterov", True),
        ("adam", "betas", (0.5, 0.9)),
        ("rmsprop", "eps", 0.1),
        ("sgd", "momentum", 0.9),
        ("rmsprop", "momentum", 0.0),
    ],
)
def test_other_settings_change_on_the_way(optimizer, name, value):
    def change(run, epoch):
        if epoch == 2:
            setattr(run.optimizer, name, value)

    same(*both(model="tanh", optimizer=optimizer, callbacks=changing(each_epoch=change), batch_size=8))


def test_parameters_that_a_callback_replaces():
    def halve(run, epoch):
        for p in run.parameters:
            p.data = p.data / 2.0

    same(*both(model="tanh", callbacks=changing(each_epoch=halve)))


@pytest.mark.parametrize("model", ["module", "method"])
def test_a_frozen_parameter_that_a_callback_changes(model):
    class Warm(nn.Module):
        threshold = 0.0

        def __init__(self):
            self.w, self.heat = nn.Parameter(np.ones(3)), nn.Parameter(2.0, requires_grad=False)

        def forward(self, x):
            return x @ self.w / (self.heat * 2.0)

    def cool(run, epoch):
        run.parameters[1].data = np.float64(2.0 / (1 + epoch))

    make = Warm if model == "module" else lambda: Warm().forward
    same(*both(model=(make, ag.bce_with_logits), callbacks=changing(each_epoch=cool)))


# Frozen parameters, and parameters that the loss does not reach.


@pytest.mark.parametrize("optimizer", ["nesterov", "adamw"])
def test_frozen_parameters_stay_and_may_be_freed(optimizer):
    def network():
        network = nn.BinaryNetwork([3, 4, 1], rng=0)
        network.layer1.W.requires_grad = False
        return network

    def turn(run, epoch):
        run.parameters[0].requires_grad, run.parameters[3].requires_grad = epoch == 3, epoch != 3

    how = {"model": (network, ag.bce_with_logits), "optimizer": optimizer, "batch_size": 8}
    eager, compiled = both(**how)
    same(eager, compiled)
    assert compiled.parameters[0].data is compiled.first[0]
    eager, compiled = both(**how, callbacks=changing(each_epoch=turn))
    same(eager, compiled)
    assert compiled.parameters[0].data is not compiled.first[0]


def refused(eager, compiled, error, told):
    """Both are refused in the same words, and what was made until then is the same."""
    with pytest.raises(error, match=told):
        raise eager.error
    assert type(compiled.error) is type(eager.error)
    assert str(compiled.error) == str(eager.error)
    same(eager, compiled)
    assert not compiled.model.training


class Losing(nn.Module):
    """A model that uses its second parameter for large batches only."""

    def __init__(self):
        self.w, self.lost = nn.Parameter(np.ones(3)), nn.Parameter(1.0)
        self.least = 99

    def forward(self, x):
        z = x @ self.w
        return z * self.lost if len(x) >= self.least else z


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adamw"])
def test_a_parameter_that_the_loss_does_not_reach(optimizer):
    eager, compiled = both(model=(Losing, ag.mse), optimizer=optimizer)
    refused(eager, compiled, ValueError, "lost has no gradient: the loss does not reach it")
    assert not compiled.moved()
    assert compiled.optimizer.state == []


def test_a_parameter_that_a_batch_does_not_reach():
    def losing():
        model = Losing()
        model.least = 8
        return model

    eager, compiled = both(model=(losing, ag.mse), batch_size=8)
    assert compiled.steps == 3
    assert "the gradient of lost was used by the last step already" in str(eager.error)
    assert "lost has no gradient" in str(compiled.error)  # it left none
    same(eager, compiled)


def test_a_parameter_that_is_lost_when_another_is_freed():
    def turn(run, epoch):
        run.parameters[1].requires_grad = epoch == 2

    def losing():
        model = Losing()
        model.lost.requires_grad = False
        return model

    eager, compiled = both(model=(losing, ag.mse), callbacks=changing(each_epoch=turn))
    assert eager.steps == 2
    refused(eager, compiled, ValueError, "lost has no gradient: the loss does not reach it")


def test_nothing_to_train():
    def frozen():
        unit = nn.LogisticUnit(3)
        unit.w.requires_grad = unit.b.requires_grad = False
        return unit

    refused(*both(model=(frozen, ag.bce)), ValueError, "depends on no differentiable tensor")
    detached = (lambda: nn.LogisticUnit(3), lambda p, t: ag.bce(p.detach(), t))
    refused(*both(model=detached), ValueError, "depends on no differentiable tensor")


# Values that are not finite, and other errors of model and loss.


def test_a_loss_that_is_not_finite_says_where():
    regression, huge = (lambda: nn.Linear(3, None, rng=0), ag.mse), lambda p: optim.SGD(p, 1e3, momentum=0.5)
    eager, compiled = both(model=regression, optimizer=huge, data=(X * 1e3, y), batch_size=8, epochs=500)
    assert "fit: the loss is inf in epoch" in str(eager.error)
    same(eager, compiled, rtol=1e-9)
    assert str(compiled.error) == str(eager.error)
    assert all(np.isfinite(p.data).all() for p in compiled.parameters)
    assert eager.steps > 5


def test_a_loss_that_is_nan():
    def spoil(run, steps):
        if steps == 5:
            run.parameters[0].data = np.full(3, np.nan)

    eager, compiled = both(model="regression", callbacks=changing(each_step=spoil), batch_size=8)
    refused(eager, compiled, ValueError, r"fit: the loss is nan in epoch 2, batch 2 of 4 \(lr is 0.02\)")


def test_a_gradient_that_is_not_finite():
    def roots():
        model = nn.Linear(3, None, bias=False, rng=0)
        model.W.data = np.array([1.0, 0.0, 1.0])
        model.forward = lambda x: ag.affine(np.abs(x), np.sqrt(model.W), 0.0)
        return model

    eager, compiled = both(model=(roots, ag.mse), optimizer="momentum")
    refused(eager, compiled, ValueError, r"SGD.step: the gradient of W is not finite: 1 of 3 entries are inf")
    assert not compiled.moved()


@pytest.mark.parametrize(
    ("loss", "error", "told"),
    [
        (lambda p, t: p - t, TypeError, r"fit: loss returned a tensor of shape \(30,\); it must return"),
        (lambda p, t: 1.0, TypeError, r"fit: loss returned 1.0; it must"),
        (lambda p, t: ag.mse(p, t[:5]), ValueError, r"mse: .* \(30,\) and .* \(5,\); a loss does not broad"),
        (lambda p, t: ag.bce(p, t + 1.0), ValueError, r"bce: .* use labels 0 and 1"),
        (lambda p, t: 1 / 0, ZeroDivisionError, "division by zero"),
    ],
)
def test_errors_of_model_and_loss_are_those_of_eager_training(loss, error, told):
    eager, compiled = both(model=(lambda: nn.LogisticUnit(3), loss))
    refused(eager, compiled, error, told)
    assert compiled.error.__context__ is None or compiled.error.__suppress_context__
    assert not compiled.moved()


def test_labels_are_checked_in_every_batch():
    wrong = y.copy()
    wrong[7] = 1.5
    eager, compiled = both(data=(X, wrong), batch_size=4)
    assert 0 < compiled.steps == eager.steps < 7
    refused(eager, compiled, ValueError, "bce: .* is 1.5")


# Models that only compilation refuses.


def only_compiled(told, **how):
    """Only the compiled training is refused, with a remedy, and it changes nothing."""
    eager, compiled = both(**how)
    assert eager.error is None
    with pytest.raises((TypeError, ValueError), match=told):
        raise compiled.error or AssertionError("it was compiled")
    assert compiled.error.__notes__ == [
        "fit: this step changed nothing; compile=False trains what cannot be compiled"
    ]
    assert not compiled.model.training
    assert all(p.grad is None for p in compiled.parameters)
    return compiled


def dropping(p, n=3):
    return lambda: nn.Sequential(nn.Linear(3, n, rng=0), nn.Dropout(p, rng=0), nn.Linear(n, None, rng=1))


@pytest.mark.parametrize("p", [0.5, 1e-9, 0.0])
def test_dropout_drops_what_it_drops_in_the_loop(p):
    same(*both(model=(dropping(p), ag.bce_with_logits), batch_size=8))


def noisy():
    """A model that draws random numbers of its own."""
    own, unit = np.random.default_rng(0), nn.Linear(3, None, rng=0)

    class Noisy(nn.Module):
        def __init__(self):
            self.unit = unit

        def forward(self, x):
            return self.unit(x * own.random(x.shape))

    return Noisy()


def test_other_random_numbers_are_refused_before_anything_changes():
    compiled = only_compiled("random numbers of its own", model=(noisy, ag.bce_with_logits), batch_size=8)
    assert compiled.log.told == [("begin", [p.name for p in compiled.parameters])]
    assert not compiled.moved()
    assert compiled.optimizer.state == []


def test_a_model_that_looks_at_its_data_is_refused_with_the_line():
    def looking(p, t):
        return ag.mse(p, t) if p.sum().item() > 0 else ag.mae(p, t)

    told = r"before the program runs in .*test_training_compiled\.py:\d+"
    compiled = only_compiled(told, model=(dropping(0.0), looking))
    assert not compiled.moved()


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_what_is_refused_on_the_way_leaves_the_steps_before_it(optimizer):
    def looking(p, t):
        return ag.mse(p, t) * (2.0 if len(t) < 8 and t.sum().item() < 0 else 1.0)

    model = MODELS["regression"][0], looking
    compiled = only_compiled("a value is needed", model=model, optimizer=optimizer, batch_size=8)
    assert compiled.steps == 3

    def enough(run, steps):
        if steps == 3:
            raise KeyboardInterrupt

    eager = Run(False, model=model, optimizer=optimizer, batch_size=8, callbacks=changing(each_step=enough))
    eager.error = compiled.error
    same(eager, compiled)


def test_an_optimiser_that_cannot_be_compiled_is_refused_first():
    class Own:
        def __init__(self, params):
            self.params, self.state = params, []

        def step(self):
            for p in self.params:
                p.data = p.data - 0.1 * p.grad

    eager, compiled = both(optimizer=Own)
    assert eager.error is None
    with pytest.raises(TypeError, match="compile: optimizer is"):
        raise compiled.error or AssertionError("it was compiled")
    assert compiled.log.told == []


def test_an_optimiser_with_a_step_of_its_own_is_refused():
    class Clipped(optim.SGD):
        def step(self):
            for p in self.params:
                p.grad = np.clip(p.grad, -0.01, 0.01)
            super().step()

    eager, compiled = both(optimizer=lambda p: Clipped(p, 0.5))
    assert eager.error is None
    with pytest.raises(TypeError, match="step"):
        raise compiled.error or AssertionError("it was compiled")
    assert not compiled.moved()


def test_an_optimiser_whose_state_has_another_dtype_is_refused():
    def single(run, epoch):
        getattr(run.model, "__self__", run.model).astype(np.float32)

    eager, compiled = both(model="regression", callbacks=changing(each_epoch=single))
    refused(eager, compiled, ValueError, "W is float32 and the optimiser's state is not; make a new")


# Interruptions.


def test_an_interruption_leaves_the_steps_before_it():
    def interrupt(run, steps):
        if steps == 6:
            raise KeyboardInterrupt

    eager, compiled = both(model="tanh", batch_size=8, callbacks=changing(each_step=interrupt))
    assert isinstance(compiled.error, KeyboardInterrupt)
    same(eager, compiled)
    assert compiled.steps == 6
    assert not compiled.model.training


def test_an_interruption_while_recording_changes_nothing():
    class Interrupted(nn.LogisticUnit):
        calls = 0

        def forward(self, x):
            self.calls += 1
            if self.calls == self.last:
                raise KeyboardInterrupt
            return super().forward(x)

    for last in range(1, 6):
        unit = Interrupted(3)
        unit.last = last
        optimizer = optim.Adam(unit.parameters())
        before = unit.w.data
        with suppress(KeyboardInterrupt):
            ag.fit(unit, X, y, loss=ag.bce, optimizer=optimizer, epochs=1, progress=False, compile=True)
            assert unit.calls < last
            break
        assert unit.calls == last
        assert unit.w.data is before
        assert all(t == 0 for *_, t in optimizer.state)
        assert optimizer.lr == 0.001
    assert last > 2


def test_no_gradients_are_left():
    compiled = Run(True)
    assert all(p.grad is None for p in compiled.parameters)
    with pytest.raises(ValueError, match="w has no gradient"):
        compiled.optimizer.step()
