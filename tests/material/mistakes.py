"""The single mistakes that `mutation.py` makes in one expression of a gradient rule."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from autograd_lite.operation import Op

Change = tuple[str, ast.expr]

_OTHER_WAY: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
_MOVES = ("swapaxes", "transpose", "moveaxis", "flip")  # calls that only move entries
_METHODS = ("sum", "mean", "cumsum", "prod")
_MODULES = ("np", "math")


class Place(NamedTuple):
    """An expression in a rule, and the fields that hold it and its ancestors, innermost first."""

    node: ast.expr
    fields: tuple[tuple[ast.AST, str, int | None], ...]

    def put(self, new: ast.expr) -> None:
        """Write another expression there."""
        holder, name, index = self.fields[0]
        if index is None:
            setattr(holder, name, new)
        else:
            getattr(holder, name)[index] = new


def changes(place: Place, names: dict[str, Any]) -> Iterator[Change]:
    """The mistakes that can be made in one expression, without those in its parts."""
    node, (holder, field, _) = place.node, place.fields[0]
    if isinstance(holder, ast.Return):
        yield "sign", ast.UnaryOp(ast.USub(), node)
    match node:
        case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            yield from _of_number(place)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield "sign", operand
        case ast.BinOp():
            yield from _of_operator(node)
        case ast.BoolOp(values=values) if len(values) > 1:
            for i in range(len(values)):
                kept = values[:i] + values[i + 1 :]
                yield "dropped term", ast.BoolOp(node.op, kept) if len(kept) > 1 else kept[0]
        case ast.Compare(left=left, ops=[operator], comparators=right) if type(operator) in _OTHER_WAY:
            yield "swapped operand", ast.Compare(left, [_OTHER_WAY[type(operator)]()], right)
        case ast.IfExp(test=test, body=yes, orelse=no):
            yield "swapped operand", ast.IfExp(test, no, yes)
        case ast.Attribute(value=inner, attr="T" | "mT"):
            yield "missing transpose", inner
        case ast.Call():
            yield from _of_call(node, names)
    turned = isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq)
    if isinstance(holder, ast.If) and field == "test" and not turned:
        yield "swapped operand", ast.UnaryOp(ast.Not(), node)


def _of_number(place: Place) -> Iterator[Change]:
    """The number one further from zero; -1 as a whole, and not the 1 in it."""
    match place.node:
        case ast.UnaryOp(operand=ast.Constant(value=int() | float() as value)):
            changed: ast.expr = ast.UnaryOp(ast.USub(), ast.Constant(value + 1))
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            changed = ast.Constant(value + 1)
        case _:
            return
    inner = isinstance(place.fields[0][0], ast.UnaryOp)
    if not (inner or _says_where(place)):
        yield "constant", changed


def _of_operator(node: ast.BinOp) -> Iterator[Change]:
    a, b = node.left, node.right
    match node.op:
        case ast.Add():
            yield "sign", ast.BinOp(a, ast.Sub(), b)
            yield "dropped term", a
            yield "dropped term", b
        case ast.Sub():
            yield "sign", ast.BinOp(a, ast.Add(), b)
            yield "swapped operand", ast.BinOp(b, ast.Sub(), a)
            yield "dropped term", a
        case ast.Mult():
            yield "dropped factor", a
            yield "dropped factor", b
        case ast.BitAnd() | ast.BitOr():
            yield "dropped term", a
            yield "dropped term", b
        case ast.MatMult():
            yield "swapped operand", ast.BinOp(b, ast.MatMult(), a)
        case ast.Div() | ast.FloorDiv() | ast.Pow():
            yield "swapped operand", ast.BinOp(b, node.op, a)
            yield "dropped factor", a


def _of_call(node: ast.Call, names: dict[str, Any]) -> Iterator[Change]:
    """Left-out calls, and branches of `np.where` the other way round."""
    match node:
        case ast.Call(func=ast.Attribute(ast.Name(id=module), name), args=[*args]) if module in _MODULES:
            if name == "where" and len(args) == 3:
                yield "swapped operand", ast.Call(node.func, [args[0], args[2], args[1]], node.keywords)
            elif name in _MOVES:
                yield "missing transpose", args[0]
            elif name == "clip" or (len(args) == 1 and not node.keywords):
                yield "dropped function", args[0]
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _MOVES:
            yield "missing transpose", inner
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _METHODS:
            yield "dropped function", inner
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]):
            if isinstance(names.get(name), Op):
                yield "dropped function", inner


def _says_where(place: Place) -> bool:
    """True if a number is an index, a length to reshape to, or compared with a number of axes."""
    for holder, field, _ in place.fields:
        if isinstance(holder, ast.Subscript) and field == "slice":
            return True
        if isinstance(holder, ast.Call) and field == "args" and ast.unparse(holder.func).endswith(".reshape"):
            return True
        if isinstance(holder, ast.Compare) and ".ndim" in ast.unparse(holder):
            return True
    return False
