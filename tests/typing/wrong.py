"""Mistakes that type checkers must find: in each line that ends with `# error`, and in no other line.

The program is never run, only checked (`make types`).
"""

import numpy as plain_np

import autograd_lite as ag
from autograd_lite import numpy as np

t = ag.Tensor([[1.0, 2.0], [3.0, 4.0]])
w = ag.nn.Parameter([1.0, 2.0])
X = plain_np.ones((5, 2))
y = plain_np.zeros(5)
opt = ag.optim.SGD([w], lr=0.1)

# Names that do not exist.

ag.tensor([1.0, 2.0])  # error
ag.draww(t)  # error
t.summ()  # error
t.gradient()  # error
opt.zero_gradd()  # error
opt.stepp()  # error
ag.nn.Dense(3)  # error
ag.testing.check_opp(ag.sigmoid)  # error
ag.testing.strategies.arrays_form(ag.sigmoid)  # error
ag.linear_model.LinearRegression()  # error
np.expp(t)  # error

# Arguments that do not exist, are missing, or are of another type.

ag.Tensor([1.0], require_grad=False)  # error
t.sum(dim=0)  # error
t.sum(axis="rows")  # error
t.mean(axis=[0, 1])  # error
t.sum(axis=0, keepdim=True)  # error
t.backward(retain_graph=True)  # error
t.reshape("2, 2")  # error
t.item(0, 1)  # error
t["name"]  # error
t + "one"  # error
t @ "one"  # error
ag.sigmoid(t, axis=0)  # error
ag.mse(t)  # error
ag.mse(t, t, reduction="average")  # error
ag.mse(t, t, weight=y)  # error
ag.leaky_relu(t, slope="0.1")  # error
ag.softmax(t, dim=1)  # error
ag.optim.SGD([w])  # error
ag.optim.Adam([w], learning_rate=0.1)  # error
ag.nn.Linear("2", 3)  # error
ag.nn.Linear(2, 3, biases=False)  # error
ag.nn.BinaryNetwork([2, 1], activations="tanh")  # error
ag.draw(t, format="png")  # error
ag.draw(2.0)  # error
ag.seed("zero")  # error
ag.gradients(t, [t], create_graphs=True)  # error
ag.grad(2.0)  # error
ag.grad(np.sum, argnums="x")  # error
ag.fit(lambda x: x @ w, X, y, loss=ag.mse, optimizer=opt)  # error
ag.datasets.two_moons("many")  # error
np.sum(t, axes=0)  # error
np.exp(t, t)  # error

# Wrong uses of results.

n: int = t.sum()  # error
(t > 0).backward()  # error
ag.sigmoid(X).backward()  # error
t.sum().backward().item()  # error
np.tanh(t).reshaped()  # error
ag.draw(t).to_pngg()  # error
