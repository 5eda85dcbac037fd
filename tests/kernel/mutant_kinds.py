"""What one change in a source may be: every mutant of a file."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Mutant", "mutants"]


@dataclass(frozen=True)
class Mutant:
    """``lines`` are those of the changed statement. ``function`` is the outermost function or
    method that holds it, as ``f`` or ``C.f``, and ``body`` its lines; None where it is outside.
    """

    path: Path
    name: str
    source: str
    lines: range
    function: str | None = None
    body: range = range(0)


_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
}


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What a node may become."""
    match node:
        case ast.Compare(ops=ops):
            for i, operator in enumerate(ops):
                if type(operator) in _COMPARISONS:
                    made = copy.deepcopy(node)
                    made.ops[i] = _COMPARISONS[type(operator)]()
                    yield made
        case ast.BoolOp(op=op, values=values):
            made = copy.deepcopy(node)
            made.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield made
            for i in range(len(values)):
                rest = values[:i] + values[i + 1 :]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op=op, values=rest)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.BinOp(op=op) if type(op) in _OPERATORS and not _is_text(node):
            made = copy.deepcopy(node)
            made.op = _OPERATORS[type(op)]()
            yield made
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name))) if name != "AssertionError":
            yield ast.Pass()
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))) if name.startswith(
            ("at_most", "check_", "_check", "record")
        ):
            yield ast.Pass()
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))


def _is_text(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and side.value is str)
        for side in (node.left, node.right)
    )


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    places = _places(tree)
    text = source.splitlines()
    for parent, field, index in list(_slots(tree)):
        old = _get(parent, field, index)
        for new in changes(old):
            ast.copy_location(new, old)
            ast.fix_missing_locations(new)
            _set(parent, field, index, new)
            try:
                mutated = ast.unparse(tree)
            finally:
                _set(parent, field, index, old)
            line = text[old.lineno - 1].strip()
            name = f"{path.name}: {_short(old)} -> {_short(new)} | {line}"
            yield Mutant(path, name, mutated, *places[old])


def _places(tree: ast.Module) -> dict[ast.AST, tuple[range, str | None, range]]:
    """Of every node the lines of its statement (of a compound one, its head), its function, and
    the lines of this."""
    found: dict[ast.AST, tuple[range, str | None, range]] = {}

    def visit(node: ast.AST, lines: range, within: str, function: str | None, body: range) -> None:
        if isinstance(node, ast.stmt | ast.match_case | ast.ExceptHandler):
            lines = _head(node, lines)
        found[node] = lines, function, body
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST):
                    continue
                inside, inner, all_lines = within, function, body
                if isinstance(node, ast.ClassDef):
                    inside = f"{within}{node.name}."
                if isinstance(node, ast.FunctionDef) and field == "body" and function is None:
                    inner = within + node.name
                    all_lines = range(node.body[0].lineno, (node.end_lineno or 0) + 1)
                visit(child, lines, inside, inner, all_lines)

    visit(tree, range(0), "", None, range(0))
    return found


def _head(node: ast.AST, lines: range) -> range:
    match node:
        case ast.match_case(pattern=pattern, body=body):
            return range(pattern.lineno, body[0].lineno)
        case ast.Match(lineno=first, cases=cases):
            return range(first, cases[0].pattern.lineno)
        case ast.stmt(lineno=first, body=[*_, _]) | ast.ExceptHandler(lineno=first):
            return range(first, max(node.body[0].lineno, first + 1))
        case ast.stmt(lineno=first, end_lineno=last):
            return range(first, last + 1)
    return lines


def _slots(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Every place that holds a node, annotations and messages left out."""
    roots = [n for n in ast.walk(tree) if _is_left_alone(n)]
    for node in ast.walk(tree):
        roots += getattr(node, "decorator_list", ())
    alone = {inner for root in roots for inner in ast.walk(root)}
    for parent in ast.walk(tree):
        if parent in alone:
            continue
        for field, value in ast.iter_fields(parent):
            if field in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            if isinstance(parent, ast.Raise | ast.Assert | ast.JoinedStr | ast.FormattedValue):
                continue
            items = enumerate(value) if isinstance(value, list) else [(None, value)]
            for index, item in items:
                if isinstance(item, ast.AST):
                    yield parent, field, index


def _is_left_alone(node: ast.AST) -> bool:
    """Messages, and the check of ``zip`` that lists of one length have one length."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.keyword) and node.arg in ("strict", "default")
    )


def _get(parent: ast.AST, field: str, index: int | None) -> ast.AST:
    value = getattr(parent, field)
    return value if index is None else value[index]


def _set(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _short(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:70]
