"""Every differentiable operation, a block each; importing this fills OPS and installs the operators."""

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
