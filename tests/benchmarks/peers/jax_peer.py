"""JAX: the whole training step is compiled by `jit`; each call runs one step."""

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
# Asynchronous dispatch costs more time than a small step, and uses a second thread.
jax.config.update("jax_cpu_enable_async_dispatch", False)
ACTIVATIONS = {"tanh": jnp.tanh, "relu": jax.nn.relu}


def train(problem):
    """Return a compiled training step."""
    activation = ACTIVATIONS[problem.activation]

    def loss(layers, X, y):
        *hidden, (w, b) = layers
        for W, c in hidden:
            X = activation(X @ W + c)
        z = X @ w + b
        return jnp.mean(jnp.maximum(z, 0) - y * z + jnp.log1p(jnp.exp(-jnp.abs(z))))

    def update(layers, X, y):
        value, gradients = jax.value_and_grad(loss)(layers, X, y)
        return jax.tree.map(lambda p, g: p - problem.lr * g, layers, gradients), value

    # The old parameters are donated, so that XLA can write the new ones into their memory.
    compiled = jax.jit(update, donate_argnums=0)
    layers = [(jnp.array(W), jnp.array(b)) for W, b in problem.layers]
    X, y = jnp.array(problem.X), jnp.array(problem.y)

    def step():
        nonlocal layers
        layers, value = compiled(layers, X, y)
        return [float(value)]

    return step


def hessian(problem):
    """Return a run of the compiled Hessian. Reverse over reverse is faster than `jax.hessian` here."""

    def loss(w, X, y):
        z = X @ w
        return jnp.mean(jnp.logaddexp(0.0, z) - y * z)

    compiled = jax.jit(jax.jacrev(jax.jacrev(loss)))
    w, X, y = map(jnp.array, (problem.layers[-1][0], problem.X, problem.y))
    return lambda: np.asarray(compiled(w, X, y)).ravel()
