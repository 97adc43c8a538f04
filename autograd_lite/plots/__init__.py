"""matplotlib pictures (extra `plot`): losses and their surfaces, boundaries, coefficients, curves.

Each function draws on the Axes given as `ax`, by default on those of a new figure, and returns them. None
calls `plt.show()` or changes a setting of matplotlib. All pictures can be read in greyscale.
"""

from autograd_lite.plots.classifiers import boundary, precision_recall, roc
from autograd_lite.plots.curvature import Surface, surface
from autograd_lite.plots.curves import cost, history, sigmoid
from autograd_lite.plots.landscape import descend, loss_surface, surfaces
from autograd_lite.plots.weights import coefficients, l1_path

__all__ = [
    "Surface",
    "boundary",
    "coefficients",
    "cost",
    "descend",
    "history",
    "l1_path",
    "loss_surface",
    "precision_recall",
    "roc",
    "sigmoid",
    "surface",
    "surfaces",
]
