"""A whole `.spec` file for one objective: its environment, its machines, one spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from specc.objective import stack
from specc.objective.stack import numbers_of
from specc.objective.walk import leaves
from specc.resolve.file import Spec
from specc.syntax import tree
from specc.syntax.show_file import show_file
from specc.written.unparse import guard_tree, number_tree, objective_tree

__all__ = ["fresh_name", "machine_declaration", "rewritten"]

_RESERVED = frozenset({"entropy", "native", "uniform"})
_ZERO = stack.Constant(Fraction(0))


def rewritten(
    spec: Spec, objective: stack.Objective, *, formalism: str | None = None, name: str | None = None
) -> str:
    """The text of a file that says ``objective`` in the environment of ``spec``.

    It declares that environment as the spec's own file does (paths stay relative to that file's
    folder), the machines and reference policies that the objective reads, and one spec, annotated
    with ``formalism``. Machines that the file reads from another file keep that declaration.

    >>> from specc.resolve.file import load_text
    >>> lines = ["env e = mdp {", "initial s", "s: a -> s", "}", "spec x in e = policy(a | s)"]
    >>> spec = load_text("\\n".join(lines))["x"]
    >>> print(rewritten(spec, spec.objective, formalism="FPR").splitlines()[-1])
    spec x in e : FPR = policy(a | s)
    """
    needed = _machine_names(objective)
    references = _references(objective)
    kept: list[tree.Declaration] = []
    for declaration in spec.file.syntax.declarations:
        match declaration:
            case tree.EnvironmentDeclaration(name=at) if at.value == spec.environment_name:
                kept.append(declaration)
            case tree.MachineFile(name=at) if at.value in needed:
                kept.append(declaration)
                needed.discard(at.value)
            case tree.PolicyDeclaration(name=at) if at.value in references:
                kept.append(declaration)
            case _:
                pass
    written = {m.name: m for m in _machines(objective) if m.name in needed}
    kept.extend(machine_declaration(machine) for machine in written.values())
    place = spec.environment_name
    kept.append(
        tree.SpecDeclaration(
            tree.Text(name or spec.name),
            None if place is None else tree.Text(place),
            None if formalism is None else tree.Text(formalism),
            objective_tree(objective),
        )
    )
    return show_file(tree.File(tuple(kept)))


def machine_declaration(machine: stack.Machine) -> tree.MachineDeclaration:
    """``machine name { .. }``. Raises ValueError for a machine that reads the start state too
    (an automaton's), which the language writes only as a file."""
    if machine.reads_start:
        raise ValueError(f"the machine {machine.name} reads the letter of the start state")
    names = [tree.Text(name) for name in machine.states]
    edges = [
        tree.MachineEdge(
            names[step.source],
            names[step.target],
            guard_tree(step.guard),
            None if step.emit == _ZERO else number_tree(step.emit),
        )
        for step in machine.steps
    ]
    if machine.otherwise is not None:
        edges.extend(
            tree.MachineEdge(names[state], names[machine.otherwise], tree.Boolean(True))
            for state in range(len(names))
            if state not in machine.final
        )
    final = tuple(names[state] for state in sorted(machine.final))
    states = tuple(n for i, n in enumerate(names) if i not in machine.final or i == 0)
    return tree.MachineDeclaration(tree.Text(machine.name), states, tuple(edges), final)


def fresh_name(spec: Spec, wanted: str) -> str:
    """``wanted``, or with a number behind it: a name that nothing in the spec's file has."""
    taken = set(_RESERVED)
    for declaration in spec.file.syntax.declarations:
        if not isinstance(declaration, tree.Assertion):
            taken.add(declaration.name.value)
    taken |= set(getattr(spec.environment, "labels", ()))
    taken |= {m.name for m in _machines(spec.objective)}
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}{number}", number + 1
    return name


def _machines(objective: stack.Objective) -> Iterator[stack.Machine]:
    for node in _nodes(objective):
        if isinstance(node, stack.MachineOutput):
            yield node.machine


def _machine_names(objective: stack.Objective) -> set[str]:
    automata = {n.name for n in _nodes(objective) if isinstance(n, stack.AutomatonSatisfaction)}
    return automata | {machine.name for machine in _machines(objective)}


def _references(objective: stack.Objective) -> set[str]:
    return {
        node.reference
        for node in _nodes(objective)
        if isinstance(node, stack.PolicyTerm) and node.reference
    }


def _nodes(objective: stack.Objective) -> Iterable[stack.Number]:
    return (node for number in numbers_of(objective) for node in leaves(number))
