"""Bad input gets an error that names the variable, the shapes or values, and the remedy."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.tensor import Parameter

X, w, y = np.ones((569, 30)), Parameter(np.ones(31), name="w"), np.zeros(569)
v, k = ag.Tensor(np.ones(3), name="v"), ag.Tensor(np.arange(3), name="k")


def _into_array():
    total = np.ones(3)
    total += v


def _write():
    v[0] = 3.0


def _nan_data():
    X = np.array([[1.0, 2.0], [np.nan, 3.0]])
    ag.bce_with_logits(X @ ag.Tensor(np.ones(2)), np.array([0.0, 1.0])).backward()


CASES = {
    "shapes of a product": (
        lambda: X @ w, ValueError,
        "matmul: X has shape (569, 30) and w has shape (31,): 30 != 31. Did you forget to add",
    ),
    "shapes of affine": (
        lambda: ag.affine(X, w, 0.0), ValueError,
        "w has shape (31,) and b has shape (): 30 != 31",
    ),
    "shapes of a sum": (lambda: v + np.ones(4), ValueError, "add: v has shape (3,) and b has shape (4,)"),
    "labels of 2": (
        lambda: ag.bce(ag.sigmoid(v), np.array([0, 1, 2.0])), ValueError,
        "target[2] is 2.0 (1 of 3 entries lie outside [0, 1]); use labels 0 and 1",
    ),
    "labels of -1": (
        lambda: ag.bce_with_logits(v, np.array([0, -1, 1])), ValueError,
        "target[1] is -1 (1 of 3 entries lie outside [0, 1])",
    ),
    "nan labels": (lambda: ag.bce_with_logits(v, np.array([0, np.nan, 1])), ValueError, "target[1] is nan"),
    "labels against a column": (
        lambda: ag.bce(ag.sigmoid(v), np.ones((3, 1))), ValueError,
        "probability has shape (3,) and target has shape (3, 1); a loss does not broadcast",
    ),
    "logits as probabilities": (
        lambda: ag.bce(v * 2, np.ones(3)), ValueError,
        "use bce_with_logits for logits",
    ),
    "labels of hinge": (
        lambda: ag.hinge(v, np.array([0, 1, 1])), ValueError,
        "turn 0 and 1 into them by 2 * y - 1",
    ),
    "a class too many": (
        lambda: ag.cross_entropy(np.zeros((2, 3)), np.array([0, 3])), ValueError,
        "labels[1] is 3, and the logits have 3 classes: labels run from 0 to 2",
    ),
    "probabilities that do not add up": (
        lambda: ag.cross_entropy(np.zeros((1, 2)), np.array([[0.5, 0.6]])), ValueError, "add up to 1",
    ),
    "an empty batch": (
        lambda: ag.mse(v[:0], np.ones(0)), ValueError,
        "has shape (0,): the loss of no examples",
    ),
    "an unknown reduction": (
        lambda: ag.mse(v, y[:3], reduction="avg"), ValueError,
        '"mean", "sum" or "none"',
    ),
    "a weight that does not fit": (
        lambda: ag.mse(v, y[:3], sample_weight=np.ones(2)), ValueError, "sample_weight has shape (2,)",
    ),
    "integers with requires_grad": (
        lambda: ag.Tensor(np.arange(3), requires_grad=True), TypeError,
        "data has dtype int64 and can have no gradient; pass floats, for example data.astype(float)",
    ),
    "strings": (lambda: ag.Tensor("abc"), TypeError, "has dtype <U3"),
    "ragged lists": (lambda: ag.Tensor([[1, 2], [3]]), ValueError, "is not an array"),
    "a list of tensors": (lambda: ag.Tensor([v, v]), TypeError, "use .numpy() for its value, np.stack"),
    "backward of many numbers": (v.backward, ValueError, "v has shape (3,), and only a single number"),
    "backward of a constant": (lambda: k.sum().backward(), ValueError, "depends on no differentiable tensor"),
    "a seed of another shape": (lambda: (v * 2).backward(np.ones(2)), ValueError, "grad has shape (2,)"),
    "an unknown keep": (lambda: v.sum().backward(keep="some"), ValueError, '"all" or "leaves"'),
    "nan data": (_nan_data, ValueError, "nan first appears in X: 1 of 4 entries are nan"),
    "a NumPy function without gradient": (lambda: np.median(v), TypeError, "np.median has no gradient here"),
    "a ufunc's method": (lambda: np.add.reduce(v), TypeError, "use an operation such as np.sum"),
    "asarray": (lambda: np.asarray(v), TypeError, "to a NumPy array would lose its gradient"),
    "an output array": (_into_array, TypeError, "cannot write a tensor into an array"),
    "an argument of NumPy's": (lambda: np.sum(v, dtype=float), TypeError, "sum does not take dtype"),
    "writing into a tensor": (_write, TypeError, "v is part of a graph and cannot be written into"),
    "a tensor as setting": (lambda: np.clip(v, v, 2), TypeError, "clip has no gradient in 'a_min'"),
    "a word among numbers": (lambda: v + "a", TypeError, "cannot compute with str"),
    "padding without gradient": (
        lambda: np.pad(v, 1, mode="mean"), ValueError,
        "mode='mean' has no gradient here",
    ),
    "other sizes": (
        lambda: ag.mse(v, np.ones(4)), ValueError,
        "shape (4,); a loss does not broadcast, so they must be equal",
    ),
    "another norm": (lambda: np.linalg.norm(v, 1), ValueError, "ord=1 has no gradient here"),
    "huber's delta": (lambda: ag.huber(v, np.ones(3), delta=0), ValueError, "delta=0; it must be positive"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_message(name):
    call, error, message = CASES[name]
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_a_file_in_the_folder_is_told_by_its_path_from_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = Path.cwd()
    assert errors.file_of(str(here / "models" / "mine.py")) == os.path.join("models", "mine.py")
    assert errors.file_of(f"{here}_2{os.sep}mine.py") == f"{here}_2{os.sep}mine.py"
    assert errors.file_of("<stdin>") == "<stdin>"
    monkeypatch.setattr(os, "getcwd", lambda: (_ for _ in ()).throw(FileNotFoundError))
    assert errors.file_of(str(here / "mine.py")) == str(here / "mine.py")


def test_a_cell_is_told_by_its_number(monkeypatch):
    cells = {"/tmp/ipykernel_7/12.py": ("Cell", "In[3]")}
    shell = SimpleNamespace(compile=SimpleNamespace(format_code_name=cells.get))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert errors.file_of("/tmp/ipykernel_7/12.py") == "In[3]"
    assert errors.file_of("/tmp/mine.py") == "/tmp/mine.py"
    for shell.compile in (SimpleNamespace(), None):  # of an old IPython, or of something else
        assert errors.file_of("/tmp/ipykernel_7/12.py") == "/tmp/ipykernel_7/12.py"
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert errors.file_of("/tmp/ipykernel_7/12.py") == "/tmp/ipykernel_7/12.py"


SESSION = r"""
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in (
    "import numpy as np\nimport autograd_lite as ag",
    "@ag.op('k')\ndef k(x):\n    return x * 3.0\n\n@k.gradient('x')\ndef _(g, y, x):\n    return g * 2.0",
    "try:\n    ag.testing.check_op(k)\nexcept ag.testing.GradientError as error:\n    print(error)",
    "y = k(ag.Tensor(1.0)) * 1.0\ny.backward()\nprint(ag.testing.locate(y))",
    "def f(x):\n    return x if x > 0 else -x",
    "try:\n    ag.compile(f).value_and_grad(1.0)\nexcept TypeError as error:\n    print(error)",
    "p = ag.compile(lambda x: np.tanh(x))\np.value_and_grad(1.0)\nprint(p.source)",
):
    shell.run_cell(cell, store_history=True)
"""


def test_messages_in_a_notebook_tell_the_number_of_the_cell():
    pytest.importorskip("IPython")
    ran = subprocess.run([sys.executable, "-c", SESSION], capture_output=True, text=True, check=True)
    told = re.findall(r"In\[\d\]:\d+", ran.stdout)
    # The rule, twice; the `if`; the line of a program.
    assert told == ["In[2]:5", "In[2]:5", "In[5]:2", "In[7]:1"], ran.stdout + ran.stderr
    assert "ipython-input" not in ran.stdout
