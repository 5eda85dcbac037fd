"""All findings about the machines of a spec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from specc.diagnostics import SpecError
from specc.lint.finding import Finding
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.simplify import simplify
from specc.objective.walk import leaves

if TYPE_CHECKING:
    from specc.lint.explore import Explored
    from specc.resolve.file import Spec

__all__ = ["lint", "machine_notes", "machine_warnings"]


def lint(spec: Spec) -> tuple[Finding, ...]:
    """What can be held against the machines of a spec, warnings first.

    Warnings (W53x) are certain: each carries a run of the spec's finite environment that earns
    what it should not, or (W531 without such an environment) a letter. Notes (N53x) say where the
    first-match rule decides. Environments that are too large to walk are left out.

    >>> from specc.resolve.file import load_text
    >>> file = load_text('''
    ... env room = mdp { initial s
    ...   s: near -> t
    ...      far -> u
    ...   t: back -> s
    ...   u: stay -> u
    ...   label button: t
    ...   label goal: u }
    ... machine run {
    ...   states u0
    ...   u0 -> u0   when button emit 1/2
    ...   u0 -> done when goal   emit 1
    ...   final done
    ... }
    ... spec reach in room = E[discounted(run, 0.99)]
    ... ''')
    >>> found = lint(file["reach"])
    >>> found[0].code, str(found[0].trajectory)
    ('W532', '(s -near-> t -back-> s)*')
    """
    return (*machine_warnings(spec), *machine_notes(spec))


def machine_warnings(spec: Spec) -> Iterator[Finding]:
    """The ways to be paid for what is not wanted."""
    from specc.lint.hacks import dropped_and_paid, paid_failures, successes
    from specc.lint.loops import never_completed

    for machine in _machines(spec):
        if not _may_hack(machine):
            continue
        readable, explored = _explored(spec, machine)
        if not readable:
            continue
        yield from dropped_and_paid(machine, explored)
        if explored is not None:
            yield from paid_failures(machine, explored)
            if successes(machine):
                yield from never_completed(spec, machine, explored)


def machine_notes(spec: Spec) -> Iterator[Finding]:
    """Where edges overlap, and where none matches."""
    from specc.lint.edges import incomplete, overlaps

    for machine in _machines(spec):
        readable, explored = _explored(spec, machine)
        if readable:
            yield from overlaps(machine, explored)
        yield from incomplete(machine)


def _machines(spec: Spec) -> list[stack.Machine]:
    """The machines that the objective reads, automata left out."""
    nodes = (n for number in stack.numbers_of(spec.objective) for n in leaves(number))
    found = dict.fromkeys(n.machine for n in nodes if isinstance(n, stack.MachineOutput))
    return [machine for machine in found if not machine.reads_start]


def _may_hack(machine: stack.Machine) -> bool:
    """Whether it has both an edge that pays and a final state or a punishment."""
    emits = [simplify(step.emit) for step in machine.steps]
    pays = any(not isinstance(e, stack.Constant) or e.value > 0 for e in emits)
    fails = any(isinstance(e, stack.Constant) and e.value < 0 for e in emits)
    return pays and (fails or bool(machine.final))


def _explored(spec: Spec, machine: stack.Machine) -> tuple[bool, Explored | None]:
    """Whether the machine can be judged, and its walk through the spec's finite environment."""
    if not isinstance(spec.environment, Mdp):
        return True, None
    from specc.lint.explore import explore

    try:
        found = explore(spec.environment, machine)
    except SpecError:
        return False, None
    return found is not None, found
