"""NumPy itself, for programs that are type-checked.

`from autograd_lite import numpy as np` is the same as `import numpy as np`, except that type checkers know
what NumPy's functions return for tensors. NumPy's own type hints cannot say it: most of its functions take
nothing but arrays there.
"""

from typing import Any

import numpy


def __getattr__(name: str) -> Any:
    value = getattr(numpy, name)
    globals()[name] = value  # the next access finds it here, as fast as in NumPy
    return value


def __dir__() -> list[str]:
    return dir(numpy)
