"""Every differentiable operation, a block each; importing this fills OPS and installs the operators."""

from autograd_lite.guesses import TENSOR
from autograd_lite.operation import OPS, install, method_of, refusing
from autograd_lite.ops import activations as activations
from autograd_lite.ops import arithmetic as arithmetic
from autograd_lite.ops import cross_entropies as cross_entropies
from autograd_lite.ops import elementwise as elementwise
from autograd_lite.ops import indexing as indexing
from autograd_lite.ops import linear as linear
from autograd_lite.ops import losses as losses
from autograd_lite.ops import plain as plain
from autograd_lite.ops import reductions as reductions
from autograd_lite.ops import shapes as shapes
from autograd_lite.tensor import Tensor

for _name, _op in OPS.items():
    if len(_op.arguments) == 1 and not hasattr(Tensor, _name):
        install(_name, method_of(_op, _name))
for _name, _remedy in TENSOR.items():
    install(_name, refusing(_name, _remedy))
