"""Mutation testing of gradient rules: every rule with one small mistake in it, and which survive a check.

`python tests/material/mutation.py [op ...]` mutates the rules of the named ops, or of all, runs
`check_op` on each mutant, and prints the survivors. A survivor is either equivalent, with a proof in
`equivalent_mutants.py`, or a mistake that the checker misses. Helpers that rules call are not mutated.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from conventions import CONVENTIONS
from equivalent_mutants import EQUIVALENT
from mistakes import Place, changes

from autograd_lite.operation import OPS, Op, Rule
from autograd_lite.testing import check_op


class Mutant(NamedTuple):
    """One rule with one mistake: where it is, what it says before and after, and the compiled rule."""

    op: str
    argument: str
    kind: str
    line: int
    before: str
    after: str
    rule: Rule

    @property
    def key(self) -> tuple[str, str, str]:
        """Key of this mutant in `EQUIVALENT`: op, argument, and the change."""
        return self.op, self.argument, f"{self.before} -> {self.after}"


def mutants(op: Op) -> list[Mutant]:
    """All mutants of an op: for each of its rules, one for each possible single mistake."""
    return [mutant for argument, rule in op.rules.items() for mutant in _of_rule(op.name, argument, rule)]


@contextmanager
def installed(mutant: Mutant) -> Iterator[None]:
    """Let the op use the mutant in place of its rule; ops that call that rule by name get it too."""
    op = OPS[mutant.op]
    original = op.rules[mutant.argument]
    try:
        op.rules[mutant.argument] = mutant.rule
        op._order_rules()
        yield
    finally:
        op.rules[mutant.argument] = original
        op._order_rules()


def survives(mutant: Mutant, check: Callable[[Op], Any]) -> bool:
    """True if `check(op)` passes with the mutant installed; any exception kills it."""
    with installed(mutant):
        try:
            check(OPS[mutant.op])
        except Exception:
            return False
        return True


def survivors(ops: Iterable[Op], check: Callable[[Op], Any]) -> list[Mutant]:
    """Mutants of these ops that pass `check`, including the equivalent ones."""
    return [mutant for op in ops for mutant in mutants(op) if survives(mutant, check)]


def _of_rule(op: str, argument: str, rule: Rule) -> list[Mutant]:
    tree, first = _parsed(rule)
    original, whole = ast.dump(tree), ast.unparse(tree)
    seen, made = {original}, []
    for place in list(_places(tree)):
        for kind, new in changes(place, rule.__globals__):
            place.put(new)
            changed = ast.dump(tree)
            if changed not in seen:
                seen.add(changed)
                compiled = _compiled(tree, first, rule)
                place.put(place.node)
                before, after = _told(place, new, whole)
                line = first + place.node.lineno - 1
                made.append(Mutant(op, argument, kind, line, before, after, compiled))
            place.put(place.node)
    assert ast.dump(tree) == original
    return made


def _parsed(rule: Rule) -> tuple[ast.FunctionDef, int]:
    """The rule as a function definition without decorator, and the line in its file where it begins."""
    lines, first = inspect.getsourcelines(rule)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    if isinstance(tree.body[0], ast.FunctionDef):
        tree.body[0].decorator_list = []
        return tree.body[0], first
    (found,) = (node for node in ast.walk(tree) if isinstance(node, ast.Lambda))
    value = ast.copy_location(ast.Return(found.body), found.body)
    function = ast.parse("def _(): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.args, function.body = found.args, [value]
    return function, first


def _compiled(tree: ast.FunctionDef, first: int, rule: Rule) -> Rule:
    """The function that a tree defines, in the module of the rule it was made from."""
    source = ast.increment_lineno(ast.parse(ast.unparse(tree)), first - 1)
    namespace: dict[str, Any] = {}
    exec(compile(source, rule.__code__.co_filename, "exec"), rule.__globals__, namespace)
    made: Rule = namespace[tree.name]
    return made


def _places(tree: ast.FunctionDef) -> Iterator[Place]:
    """Every expression in the body of a function, outermost first."""
    stack: list[tuple[ast.AST, tuple[tuple[ast.AST, str, int | None], ...]]]
    stack = [(statement, ((tree, "body", i),)) for i, statement in enumerate(tree.body)]
    while stack:
        node, fields = stack.pop(0)
        if isinstance(node, ast.expr):
            yield Place(node, fields)
        for name, value in ast.iter_fields(node):
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.AST):
                    stack.append((child, ((node, name, index), *fields)))


def _told(place: Place, new: ast.expr, whole: str) -> tuple[str, str]:
    """Before and after, in the smallest expression around that says which of several equal ones it is."""
    around: list[ast.AST] = [place.node, *(holder for holder, _, _ in place.fields)]
    for node in around:
        before = ast.unparse(node)
        telling = not isinstance(node, ast.Constant | ast.keyword | ast.comprehension | ast.Slice)
        if (telling and whole.count(before) <= 1) or isinstance(node, ast.stmt):
            break
    place.put(new)
    after = ast.unparse(new if node is place.node else node)
    place.put(place.node)
    return before, after


def check(op: Op) -> None:
    """The generated check of an op, and what its documentation promises beyond."""
    check_op(op)
    CONVENTIONS.get(op.name, bool)()


def main(chosen: list[str]) -> None:
    """Print, for each op, its mutants, how many are killed, and those that are not."""
    begin, names = time.perf_counter(), chosen or list(OPS)
    total, left = 0, list[Mutant]()
    for name in names:
        start, made = time.perf_counter(), mutants(OPS[name])
        alive = [mutant for mutant in made if survives(mutant, check)]
        total, left = total + len(made), left + alive
        killed, seconds = len(made) - len(alive), time.perf_counter() - start
        print(f"{name:16} {len(made):4} mutants {killed:4} killed {seconds:6.1f} s", flush=True)
        for mutant in alive:
            print(f"    {mutant.argument}:{mutant.line} {mutant.kind}: {mutant.before}  ->  {mutant.after}")
            print(
                f"        equivalent: {EQUIVALENT[mutant.key]}"
                if mutant.key in EQUIVALENT
                else "        SURVIVES"
            )
    keys = [mutant.key for mutant in left]
    for key in EQUIVALENT:
        if key[0] in names and key not in keys:
            print("listed as equivalent, but killed:", *key)
    equal = sum(key in EQUIVALENT for key in keys)
    killed = total - len(left)
    print(f"{total} mutants: {killed} killed, {equal} equivalent, {len(left) - equal} survive")
    print(
        f"{killed / (total or 1):.1%} killed, {killed / (total - equal or 1):.1%} of those not equivalent; ",
        end="",
    )
    print(f"{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
