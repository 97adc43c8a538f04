"""NumPy under a second name, under which type checkers know that its functions take and return tensors.

`from autograd_lite import numpy as np` computes the same as `import numpy as np`. Only the type hints
differ: in NumPy's own ones, most functions take arrays only.
"""

from typing import Any

import numpy


def __getattr__(name: str) -> Any:
    value = getattr(numpy, name)
    globals()[name] = value  # the next access finds it here, as fast as in NumPy
    return value


def __dir__() -> list[str]:
    return dir(numpy)
