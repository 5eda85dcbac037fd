"""Mutation testing of the kernel: change one thing in it, and some test must fail.

    python tests/kernel/mutants.py [--files a.py b.py] [--part K/N] [--list]

Every comparison, boolean, sign, small constant, truth value and refusal (``raise``, a limit) in
specc/kernel is changed, one at a time; each mutant runs the quick tests of this folder in a
process of its own. Survivors are printed; each must stand in `survivors.txt` with the reason
why it changes nothing that the kernel promises. Not mutated: docstrings, messages, ``strict`` of
``zip``, the table of limits, ``__main__`` (its tests start other processes), ``assert``.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib.abc
import importlib.util
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
KERNEL = HERE.parents[1] / "specc" / "kernel"
SKIPPED = {"__main__.py", "__init__.py", "limits.py", "errors.py"}
TESTS = [
    "test_kernel_witnesses.py",
    "test_kernel_traps.py",
    "test_kernel_documents.py",
    "test_kernel_arithmetic.py",
    "test_kernel_orders.py",
    "test_kernel_limits.py",
    "test_kernel_reference.py",
]
SECONDS = 120

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
        case ast.Raise():
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


def mutants(path: Path) -> Iterator[tuple[str, str]]:
    """(name, source) of every mutant of a file."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    slots = list(_slots(tree))
    lines = source.splitlines()
    for parent, field, index in slots:
        old = _get(parent, field, index)
        for new in changes(old):
            ast.copy_location(new, old)
            ast.fix_missing_locations(new)
            _set(parent, field, index, new)
            try:
                mutated = ast.unparse(tree)
            finally:
                _set(parent, field, index, old)
            line = lines[old.lineno - 1].strip()
            name = f"{path.name}: {_short(old)} -> {_short(new)} | {line}"
            yield name, mutated


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


class _Mutant(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves one module of the kernel from a source of our own."""

    def __init__(self, module: str, source: str) -> None:
        self.module, self.source = module, source

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None):
        if name != self.module:
            return None
        return importlib.util.spec_from_loader(name, self)

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, self.module, "exec"), module.__dict__)


def survives(path: Path, source: str) -> bool:
    """Whether all quick tests pass with this source in place of the file's."""
    child = os.fork()
    if not child:
        os._exit(_tests_pass(path, source))
    _, status = os.waitpid(child, 0)
    # Dying of the alarm, or of anything else, is a failed test too.
    return os.waitstatus_to_exitcode(status) == 0


def _tests_pass(path: Path, source: str) -> int:
    import pytest

    signal.alarm(SECONDS)
    for name in [n for n in sys.modules if n.startswith("specc.kernel")]:
        del sys.modules[name]
    import specc

    if hasattr(specc, "kernel"):
        del specc.kernel
    sys.meta_path.insert(0, _Mutant(f"specc.kernel.{path.stem}", source))
    os.chdir(HERE)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        options = ["-x", "-q", "-m", "not long", "-p", "no:cacheprovider"]
        return int(pytest.main([*options, *TESTS]))


def main(arguments: list[str]) -> int:
    """Print the survivors; 1 if one of them is not explained."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", nargs="*")
    parser.add_argument("--part", default="1/1", help="K/N: every N-th mutant, from the K-th")
    parser.add_argument("--list", action="store_true")
    chosen = parser.parse_args(arguments)
    part, parts = map(int, chosen.part.split("/"))
    sys.path.insert(0, str(HERE))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    _warm_up()
    explained = explained_survivors()
    found = [
        (path, name, source)
        for path in sorted(KERNEL.glob("*.py"))
        if path.name not in SKIPPED and (not chosen.files or path.name in chosen.files)
        for name, source in mutants(path)
    ][part - 1 :: parts]
    if chosen.list:
        print("\n".join(name for _, name, _ in found))
        return 0
    unexplained = 0
    survivors = 0
    for path, name, source in found:
        if survives(path, source):
            survivors += 1
            unexplained += name not in explained
            print("explained" if name in explained else "SURVIVES", name, flush=True)
    print(f"{len(found)} mutants, {survivors} survive, {unexplained} unexplained", flush=True)
    return int(unexplained > 0)


def explained_survivors() -> dict[str, str]:
    """The mutants of `survivors.txt`: a line each, the reason indented below."""
    found: dict[str, str] = {}
    name = ""
    for line in (HERE / "survivors.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            found[name] = f"{found[name]} {line.strip()}".strip()
        elif line and not line.startswith("#"):
            name = line
            found[name] = ""
    return found


def _warm_up() -> None:
    """Load what the tests need but the kernel, so that each mutant starts with it."""
    for name in ("_pytest.assertion.rewrite", "_pytest.python", "kernel_random", "pytest"):
        importlib.import_module(name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
