"""Each pass makes a program that computes the same with less; here, on programs written out by hand."""

import numpy as np
import pytest

from autograd_lite.compiler import buffers, simplify
from autograd_lite.compiler.closure import ClosureWatcher
from autograd_lite.compiler.emit import Writer
from autograd_lite.compiler.executable import Executable
from autograd_lite.compiler.program import GUARD, INPUT, ArrayType, Call, Program, Ref, equal, map_refs, refs
from autograd_lite.compiler.trace import Traced

VECTOR, MATRIX, NUMBER = (
    ArrayType((4,), np.dtype(float)),
    ArrayType((3, 4), np.dtype(float)),
    ArrayType((), np.dtype(float)),
)
FLAG = ArrayType((), np.dtype(bool))


def program(inputs, *made, outputs=None, names=None):
    """A program of inputs, given by kinds, and calls, given as (kind, function, operands..., settings)."""
    calls = [Call(INPUT, (), kind) for kind in inputs]
    for kind, function, *operands in made:
        settings = operands.pop() if operands and isinstance(operands[-1], dict) else {}
        view = function in (".reshape", ".swapaxes", ".transpose", "[]")
        calls.append(Call(function, tuple(operands), kind, tuple(settings.items()), view))
    if names:
        calls = [call._replace(name=name) for call, name in zip(calls, names, strict=True)]
    last = Ref(len(calls) - 1)
    return Program(len(inputs), tuple(calls), (last,) if outputs is None else outputs)


def functions(p):
    """Functions that a program calls, in order."""
    return [call.function for _, call in p.results()]


def results(p, *arrays):
    """Results of a program."""
    return Executable(Traced(p, [], [], []), ClosureWatcher(len), len(arrays))(arrays, (), ())


X = Ref(0)
IDENTITIES = {
    "times one": (VECTOR, "np.multiply", X, 1.0),
    "one times": (VECTOR, "np.multiply", 1, X),
    "times ones": (VECTOR, "np.multiply", X, np.ones(4)),
    "over one": (VECTOR, "np.divide", X, 1.0),
    "plus zero": (VECTOR, "np.add", 0.0, X),
    "minus zero": (VECTOR, "np.subtract", X, 0),
    "to the one": (VECTOR, "np.power", X, 1.0),
    "same shape": (VECTOR, ".reshape", X, (4,)),
}
OTHERS = {
    "one over": (VECTOR, "np.divide", 1.0, X),
    "zero minus": (VECTOR, "np.subtract", 0.0, X),
    "one to the": (VECTOR, "np.power", 1.0, X),
    "times two": (VECTOR, "np.multiply", X, 2.0),
    "times nearly ones": (VECTOR, "np.multiply", X, np.array([1.0, 1.0, 1.0, 1.5])),
    "plus true zero of another shape": (MATRIX, "np.add", X, np.zeros((3, 4))),
    "to float32": (ArrayType((4,), np.dtype(np.float32)), ".astype", X, np.float32),
    "another shape": (ArrayType((2, 2), np.dtype(float)), ".reshape", X, (2, 2)),
}


@pytest.mark.parametrize("call", IDENTITIES.values(), ids=IDENTITIES)
def test_what_changes_nothing_is_left_out(call):
    p = simplify.fold_identities(program([VECTOR], call, (VECTOR, "np.exp", Ref(1))))
    assert functions(p) == ["np.exp"]
    assert p.calls[1].operands == (X,)


@pytest.mark.parametrize("call", OTHERS.values(), ids=OTHERS)
def test_what_changes_something_stays(call):
    p = program([VECTOR], call)
    assert simplify.fold_identities(p) == p or functions(simplify.fold_identities(p)) == functions(p)
    x = np.arange(1.0, 5.0)
    np.testing.assert_array_equal(results(p, x)[0], results(simplify.fold_identities(p), x)[0])


@pytest.mark.parametrize("twice", ["np.negative", ".transpose"])
def test_what_is_undone_is_not_done(twice):
    p = program([MATRIX], (MATRIX, twice, X), (MATRIX, twice, Ref(1)), (MATRIX, twice, Ref(2)))
    assert functions(simplify.eliminate_dead_code(simplify.fold_identities(p))) == [twice]


def test_equal_calls_are_made_once_and_others_each():
    p = program(
        [VECTOR],
        (VECTOR, "np.exp", X),
        (VECTOR, "np.exp", X),
        (VECTOR, "np.add", Ref(1), Ref(2)),
        (VECTOR, "np.multiply", X, 2.0),
        (VECTOR, "np.multiply", X, 2),
        (VECTOR, "np.add", Ref(4), Ref(5)),
        outputs=(Ref(3), Ref(6)),
    )
    shared = simplify.eliminate_common_subexpressions(p)
    assert functions(shared) == ["np.exp", "np.add", "np.multiply", "np.multiply", "np.add"]
    assert shared.calls[2].operands == (Ref(1), Ref(1))


def test_equal_arrays_are_one_constant_and_different_ones_are_not():
    calls = [(VECTOR, "np.add", X, np.full(4, value)) for value in (2.5, 2.5, 2.25)]
    p = program([VECTOR], *calls, (VECTOR, "np.add", Ref(1), Ref(2)), (VECTOR, "np.add", Ref(4), Ref(3)))
    assert len(functions(simplify.eliminate_common_subexpressions(p))) == 4


def test_what_nobody_needs_is_left_out_but_not_what_is_checked():
    p = program(
        [VECTOR],
        (VECTOR, "np.exp", X),
        (FLAG, ".all", X),
        (FLAG, GUARD, Ref(2), {"expected": True}),
        (VECTOR, "np.negative", X),
        outputs=(Ref(4),),
    )
    kept = simplify.eliminate_dead_code(p)
    assert functions(kept) == [".all", GUARD, "np.negative"]
    assert results(kept, np.ones(4)) is not None
    assert results(kept, np.zeros(4)) is None


@pytest.mark.parametrize(
    ("exponent", "function"), [(2, "np.square"), (0.5, "np.sqrt"), (-1.0, "np.reciprocal"), (3.0, "np.power")]
)
def test_powers_as_numpy_computes_them(exponent, function):
    p = simplify.reduce_strength(program([VECTOR], (VECTOR, "np.power", X, exponent)))
    assert functions(p) == [function]
    x = np.array([0.3, 1.0, 1e100, 7.0])
    np.testing.assert_array_equal(results(p, x)[0], x**exponent)


def test_sums_of_rows_and_short_sums_are_products_with_ones():
    long = ArrayType((5000,), np.dtype(float))
    rows = simplify.reduce_strength(program([MATRIX], (VECTOR, ".sum", X, {"axis": (0,)})))
    columns = simplify.reduce_strength(
        program([MATRIX], (ArrayType((3,), np.dtype(float)), ".sum", X, {"axis": 1}))
    )
    short = simplify.reduce_strength(program([VECTOR], (NUMBER, ".sum", X)))
    whole = simplify.reduce_strength(program([long], (NUMBER, ".sum", X)))
    assert [functions(p)[0] for p in (rows, columns, short, whole)] == [
        "np.matmul",
        ".sum",
        "np.matmul",
        ".sum",
    ]
    assert equal(rows.calls[1].operands, (np.ones(3), X))
    np.testing.assert_array_equal(results(rows, np.arange(12.0).reshape(3, 4))[0], [12, 15, 18, 21])
    integers = program([ArrayType((4,), np.dtype(int))], (ArrayType((), np.dtype(int)), ".sum", X))
    assert functions(simplify.reduce_strength(integers)) == [".sum"]


def test_a_buffer_serves_again_after_the_last_use_also_through_views():
    p = program(
        [MATRIX],
        (MATRIX, "np.exp", X),
        (ArrayType((4, 3), np.dtype(float)), ".swapaxes", Ref(1), -1, -2),
        (MATRIX, "np.negative", X),
        (ArrayType((3, 3), np.dtype(float)), "np.matmul", Ref(3), Ref(2)),
        (MATRIX, "np.sin", X),
        (ArrayType((3, 4), np.dtype(float)), "np.matmul", Ref(4), Ref(5)),
    )
    into, kinds = buffers.buffers(p)
    assert into[Ref(1)] != into[Ref(3)]  # the view of exp(x) is used after it
    assert into[Ref(5)] in (into[Ref(1)], into[Ref(3)])
    assert Ref(6) not in into  # it is returned
    assert len(kinds) == 3
    x = np.linspace(-1, 1, 12).reshape(3, 4)
    np.testing.assert_allclose(results(p, x)[0], (-x @ np.exp(x).T) @ np.sin(x), rtol=1e-14)


def test_names_become_python_names_of_their_own():
    names = ["np", "lr!", "1st", "t1", "", "lr!", "ones"]
    calls = [(VECTOR, "np.exp", Ref(i)) for i in range(4)]
    p = program([VECTOR] * 3, *calls, outputs=tuple(map(Ref, range(3, 7))), names=names)
    source = Writer(p).source()
    assert source.inputs == ("np_2", "lr_", "v1st")
    space = {}
    exec(source.text, space)
    x = np.arange(4.0)
    found = space["run"](x, x + 1, x + 2)
    np.testing.assert_array_equal(found[3], np.exp(np.exp(x)))


def test_references_are_found_and_changed_wherever_they_are():
    nested = (Ref(1), [Ref(2), 5], (slice(None, Ref(3)), "text", (Ref(4),)))
    assert refs(nested) == [1, 2, 3, 4]
    moved = map_refs(nested, lambda r: Ref(r + 10))
    assert refs(moved) == [11, 12, 13, 14]
    assert moved[1][1] == 5


def test_programs_are_equal_by_their_entries():
    one, other = (program([VECTOR], (VECTOR, "np.add", X, np.array([1.0, np.nan, 2, 3]))) for _ in range(2))
    assert equal(one, other)
    assert not equal(one, program([VECTOR], (VECTOR, "np.add", X, np.array([1.0, np.nan, 2, 4]))))
    assert not equal(one, program([VECTOR], (VECTOR, "np.add", X, np.array([1, 2, 3, 4]))))
    assert equal((float("nan"), "a"), (float("nan"), "a"))
    assert not equal((1.0,), (1.0, 2.0))
