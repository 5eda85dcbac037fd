"""Machines: declared ones, HOA automata, and the reward-machine text format.

The text format is that of Toro Icarte et al. (https://github.com/RodrigoToroIcarte/reward_machines).
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from specc.automata.automaton import Automaton, Edge, Inf
from specc.files import refuse_pipe
from specc.objective import stack
from specc.objective.walk import leaves
from specc.resolve.scope import Scope
from specc.resolve.signals import label, signal, transition_guard
from specc.source import Source, Span
from specc.syntax import tree

if TYPE_CHECKING:
    from specc.objective.diagrams import FirstMatch

__all__ = ["declared_machine", "machine_file"]

_MAXIMUM_BYTES = 4_000_000
_ZERO = stack.Constant(Fraction(0))


def declared_machine(scope: Scope, declaration: tree.MachineDeclaration) -> stack.Machine:
    """``machine name { ... }``."""
    names = list(dict.fromkeys(t.value for t in (*declaration.states, *declaration.final)))
    for listed in (declaration.states, declaration.final):
        _refuse_twice(scope, listed)
    if not declaration.states:
        scope.fail("E520", "a machine needs `states`; the first is initial", declaration.name.span)
    number = {name: index for index, name in enumerate(names)}
    final = frozenset(number[t.value] for t in declaration.final)
    steps: list[stack.MachineStep] = []
    # It brings NumPy, which specs without a machine load without.
    from specc.objective.diagrams import FirstMatch

    matching = FirstMatch()
    for edge in declaration.edges:
        target = _state(scope, edge.target, number)
        condition = transition_guard(scope, edge.guard)
        emit = signal(scope, edge.emit) if edge.emit else _ZERO
        if edge.emit:
            _refuse_nested(scope, emit, edge.emit)
        if edge.source.value == "*":
            sources = [index for index in range(len(names)) if index not in final]
        else:
            sources = [_state(scope, edge.source, number)]
            if sources[0] in final:
                scope.fail(
                    "E522",
                    f"`{edge.source.value}` is final and stays forever; it has no edges",
                    edge.source.span,
                )
        _warn_dead(scope, edge, condition, sources, matching)
        steps.extend(stack.MachineStep(source, condition, target, emit) for source in sources)
    machine = stack.Machine(declaration.name.value, tuple(names), tuple(steps), final)
    _check_reachable(scope, declaration, machine)
    return machine


def _refuse_twice(scope: Scope, listed: tuple[tree.Text, ...]) -> None:
    seen: set[str] = set()
    for text in listed:
        if text.value in seen:
            scope.fail("E520", f"machine state `{text.value}` is listed twice", text.span)
        seen.add(text.value)


def _state(scope: Scope, text: tree.Text, number: dict[str, int]) -> int:
    if text.value not in number:
        scope.unknown("E520", "machine state", text.value, frozenset(number), text.span)
    return number[text.value]


def _refuse_nested(scope: Scope, emit: stack.Number, expression: tree.Expression) -> None:
    if any(isinstance(node, stack.MachineOutput | stack.PolicyTerm) for node in leaves(emit)):
        scope.fail("E523", "`emit` takes a number or a reward of the transition", expression.span)


def _warn_dead(
    scope: Scope,
    edge: tree.MachineEdge,
    condition: stack.Guard,
    sources: list[int],
    matching: FirstMatch,
) -> None:
    span = edge.guard.span
    if not matching.holds_somewhere(condition):
        scope.reporter.report("W521", "this guard can never hold", span)
    elif not matching.fires(condition, sources):
        scope.reporter.report(
            "W521",
            "this edge can never fire: an earlier edge always matches first",
            span,
            help="move it up, or delete it",
        )


def _check_reachable(
    scope: Scope, declaration: tree.MachineDeclaration, machine: stack.Machine
) -> None:
    leaving: dict[int, list[int]] = {}
    for step in machine.steps:
        leaving.setdefault(step.source, []).append(step.target)
    reached = {0}
    pending = [0]
    while pending:
        for target in leaving.get(pending.pop(), ()):
            if target not in reached:
                reached.add(target)
                pending.append(target)
    number = {name: place for place, name in enumerate(machine.states)}
    for text in dict.fromkeys((*declaration.states, *declaration.final)):
        if number[text.value] not in reached:
            scope.reporter.report(
                "E521",
                f"machine state `{text.value}` cannot be reached from `{machine.states[0]}`",
                text.span,
                help="add an edge into it, or delete it",
            )


def machine_file(
    scope: Scope, declaration: tree.MachineFile, base: Path
) -> stack.Machine | stack.AutomatonSatisfaction:
    """``machine name = hoa "..."`` or ``= rm "..."``; the path is relative to the file."""
    span = declaration.path.span
    path = base / declaration.path.value
    try:
        refuse_pipe(path)
        with path.open("rb") as stream:
            data = stream.read(_MAXIMUM_BYTES + 1)
        text = data.decode("utf-8")
    except OSError as error:
        reason = error.strerror or "not readable"
        scope.fail("E525", f"cannot read `{declaration.path.value}`: {reason}", span)
    except (UnicodeDecodeError, ValueError):
        scope.fail("E525", f"`{declaration.path.value}` is not a UTF-8 text", span)
    if len(data) > _MAXIMUM_BYTES:
        scope.fail("E525", f"`{declaration.path.value}` is over {_MAXIMUM_BYTES} bytes", span)
    if declaration.kind == "hoa":
        return _hoa(scope, declaration, text)
    return _text_machine(scope, declaration, text)


def _hoa(scope: Scope, declaration: tree.MachineFile, text: str) -> stack.AutomatonSatisfaction:
    from specc.automata.hoa import read_hoa

    automaton = read_hoa(text)
    span = declaration.path.span
    meaning = tuple((name, label(scope, name, span)) for name in automaton.atoms)
    name = declaration.name.value
    machine = None
    if automaton.acceptance == Inf(0):
        machine = _marks_machine(name, automaton, dict(meaning))
    return stack.AutomatonSatisfaction(name, automaton, meaning, machine, span=span)


def _marks_machine(
    name: str, automaton: Automaton, meaning: dict[str, stack.Guard]
) -> stack.Machine:
    order = [automaton.initial]
    order.extend(s for s in range(automaton.state_count) if s != automaton.initial)
    number = {state: index for index, state in enumerate(order)}
    one = stack.Constant(Fraction(1))
    steps = tuple(
        stack.MachineStep(
            number[state],
            _edge_guard(edge, automaton, meaning),
            number[edge.target],
            one if edge.marks & 1 else _ZERO,
        )
        for state in order
        for edge in automaton.edges[state]
    )
    states = tuple(f"q{state}" for state in order)
    return stack.Machine(name, states, steps, frozenset(), reads_start=True)


def _edge_guard(edge: Edge, automaton: Automaton, meaning: dict[str, stack.Guard]) -> stack.Guard:
    cubes: list[stack.Guard] = []
    for cube in edge.guard:
        literals: list[stack.Guard] = []
        for bit, atom in enumerate(automaton.atoms):
            if cube.care >> bit & 1:
                held = meaning[atom]
                literals.append(held if cube.value >> bit & 1 else stack.Negation(held))
        cubes.append(stack.AllOf(tuple(literals)) if literals else stack.Truth(True))
    return cubes[0] if len(cubes) == 1 else stack.AnyOf(tuple(cubes))


_EDGE = re.compile(
    r"\(\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*'([^']*)'\s*,\s*ConstantRewardFunction\(\s*"
    r"([+-]?\d{1,15}(?:\.\d{1,15})?)\s*\)\s*\)"
)


def _text_machine(scope: Scope, declaration: tree.MachineFile, text: str) -> stack.Machine:
    path, span = declaration.path.value, declaration.path.span
    lines = [
        (number, stripped)
        for number, line in enumerate(text.splitlines(), start=1)
        if (stripped := line.partition("#")[0].strip())
    ]
    if len(lines) < 2 or not lines[0][1].isdecimal():
        scope.fail("E526", f"{path}: expected the initial state, then the terminal states", span)
    terminal_line = re.fullmatch(r"\[\s*((?:\d{1,6}\s*,?\s*)*)\]", lines[1][1])
    if terminal_line is None or len(lines[0][1]) > 6:
        scope.fail("E526", f"{path}:{lines[1][0]}: expected terminal states such as `[2]`", span)
    initial = int(lines[0][1])
    terminal = {int(number) for number in re.findall(r"\d+", terminal_line[1])}
    edges: list[tuple[int, int, stack.Guard, Fraction]] = []
    for line_number, line in lines[2:]:
        match = _EDGE.fullmatch(line)
        if match is None:
            scope.fail("E526", f"{path}:{line_number}: {_what_is_wrong(line)}", span)
        condition = _dnf(scope, declaration, match[3], f"{path}:{line_number}")
        edges.append((int(match[1]), int(match[2]), condition, Fraction(match[4])))
    _warn_overwritten(scope, path, span, [(u, v) for u, v, *_ in edges], terminal)
    names = list(dict.fromkeys([initial, *(s for e in edges for s in e[:2]), *sorted(terminal)]))
    number = {name: index for index, name in enumerate(names)}
    steps = tuple(
        stack.MachineStep(number[u], condition, number[v], stack.Constant(reward))
        for u, v, condition, reward in edges
    )
    states = (*(f"u{name}" for name in names), "dropped")
    final = frozenset({*(number[t] for t in terminal), len(names)})
    return stack.Machine(declaration.name.value, states, steps, final, otherwise=len(names))


def _warn_overwritten(
    scope: Scope, path: str, span: Span, pairs: list[tuple[int, int]], terminal: set[int]
) -> None:
    """Two edges of one pair of states, where all terminal states count as one."""
    seen: set[tuple[int, int]] = set()
    for source, target in pairs:
        pair = source, -1 if target in terminal else target
        if pair in seen and source not in terminal:
            scope.reporter.report(
                "W526",
                f"{path}: state {source} has two edges to "
                f"{'terminal states' if pair[1] < 0 else f'state {target}'}; the program that this "
                "format comes from keeps the last alone, specc keeps both",
                span,
                help="write one edge, its formulas joined by `|`",
            )
            return
        seen.add(pair)


def _what_is_wrong(line: str) -> str:
    other = re.fullmatch(r"\(.*,\s*([A-Za-z]\w{0,60})\(.*\)\s*\)", line)
    if other is not None and other[1] != "ConstantRewardFunction":
        return (
            f"`{other[1]}` is a class of that repository's program; only "
            "`ConstantRewardFunction(number)` can be read"
        )
    return "expected `(state, state, 'formula', ConstantRewardFunction(number))`"


def _dnf(scope: Scope, declaration: tree.MachineFile, text: str, where: str) -> stack.Guard:
    from specc.syntax.parse import parse_formula

    expression, diagnostics = parse_formula(Source(where, text))
    if expression is None or any(d.severity == "error" for d in diagnostics):
        scope.fail("E526", f"{where}: `{text}` is not a formula over propositions",
                   declaration.path.span)  # fmt: skip
    return transition_guard(scope, _at(expression, declaration.path))


def _at(expression: tree.Expression, path: tree.Text) -> tree.Expression:
    """The expression with every span on the path, since its own text is another file, and the
    format's own words for constants."""
    match expression:
        case tree.Operation(operator, operands):
            return tree.Operation(operator, tuple(_at(o, path) for o in operands), span=path.span)
        case tree.Name("True" | "False" as constant, False):
            return tree.Boolean(constant == "True", span=path.span)
        case tree.Name(name, quoted):
            return tree.Name(name, quoted, span=path.span)
        case tree.Boolean(value):
            return tree.Boolean(value, span=path.span)
        case _:
            return expression
