"""OperatorsMixin, a base class of Tensor that tells type checkers what ops install on Tensor."""


class OperatorsMixin:
    """Operators, methods and properties that ops install on Tensor.

    The class is empty at run time: `install` adds them to Tensor itself. Its stub, `operators.pyi`, lists
    them for editors and type checkers. `make stubs` writes the stub.
    """

    __slots__ = ()
