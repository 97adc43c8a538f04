"""micrograd: scalars only, so it takes part in the scalar cases."""

from micrograd.engine import Value


def differentiate(program, values):
    """Returns a build and backward of `program` on Values."""

    def run():
        leaves = [Value(v) for v in values]
        out = program(leaves, Value.relu)
        out.backward()
        return [out.data, *(v.grad for v in leaves)]

    return run
