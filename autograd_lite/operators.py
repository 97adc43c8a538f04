"""OperatorsMixin, a base class of Tensor: operators, methods and properties that ops install on Tensor."""


class OperatorsMixin:
    """Operators, methods and properties of Tensor that ops declare and `install` adds.

    The class is empty at run time. Its stub, `operators.pyi`, lists everything that is installed, so that
    editors and type checkers know it. `make stubs` writes the stub from OPS.
    """

    __slots__ = ()
