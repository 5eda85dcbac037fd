"""Pay for failing: steps that a machine, or the program its format comes from, should not pay."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from specc.lint.explore import Explored, Step
from specc.lint.finding import Finding
from specc.lint.letters import letter_text, no_match, true_in, witness, written
from specc.objective import stack
from specc.objective.guards import atoms
from specc.objective.simplify import simplify
from specc.words import holds

__all__ = ["dropped_and_paid", "paid_failures", "successes"]


def successes(machine: stack.Machine) -> frozenset[int]:
    """The final states that an edge with a positive pay enters: there the machine is completed."""
    return frozenset(
        step.target
        for step in machine.steps
        if step.target in machine.final and _constant(step.emit) > 0
    )


def _constant(emit: stack.Number) -> Fraction:
    """The number that is emitted; 0 where it reads the environment."""
    plain = simplify(emit)
    return plain.value if isinstance(plain, stack.Constant) else Fraction(0)


def paid_failures(machine: stack.Machine, explored: Explored) -> Iterator[Finding]:
    """Steps that pay although a later edge of the same state would let the machine fail on them:
    it is punished there, or enters a final state that is no success."""
    good = successes(machine)
    for number, later in enumerate(machine.steps):
        lost = later.target in machine.final and later.target not in good
        if not (_constant(later.emit) < 0 or (good and lost)):
            continue
        step = _shadowed(explored, number)
        if step is None or step.edge is None:
            continue
        run, taken = explored.run(step), machine.steps[step.edge]
        yield Finding(
            "W533",
            machine.name,
            f"`{machine.name}` pays {explored.paid(step)} for a step that this edge lets fail: "
            f"{run}, in `{machine.states[step.machine]}`, where `{written(taken.guard)}` matches "
            "first",
            later.guard.span,
            "put the failing edge above the paying one, or exclude its condition there",
            trajectory=run,
        )


def _shadowed(explored: Explored, number: int) -> Step | None:
    """A reachable step that pays by an earlier edge where this one matches, too."""
    later = explored.machine.steps[number]
    for step in explored.of(later.source):
        if step.edge is None or step.edge >= number or explored.paid(step) <= 0:
            continue
        if explored.truth[later.guard][step.transition]:
            return step
    return None


def dropped_and_paid(machine: stack.Machine, explored: Explored | None) -> Iterator[Finding]:
    """States of a machine in the text format that its own program pays for falling out of.

    There, no match leads to the terminal state, and the reward is looked up by the pair of states:
    it is that of an edge into a terminal state, where the state has one (``_get_reward`` in Toro
    Icarte et al.'s ``reward_machine.py``). specc pays 0, as the comment there says.
    """
    if machine.otherwise is None:
        return
    for state in range(len(machine.states)):
        own = [step for step in machine.steps if step.source == state]
        ends = [s for s in own if s.target in machine.final]
        if state in machine.final or not ends or _constant(ends[-1].emit) <= 0:
            continue
        letter = witness(no_match(step.guard for step in own))
        if letter is None:
            continue
        names, run = true_in(letter), None
        if explored is not None:
            step = next((s for s in explored.of(state) if s.after == machine.otherwise), None)
            if step is None:
                continue
            names, run = _holding(explored, step, own), explored.run(step)
        shown = f", as in {run}" if run is not None else ""
        yield Finding(
            "W531",
            machine.name,
            f"in `{machine.states[state]}` no edge matches the letter {letter_text(names)}{shown}: "
            "specc ends the run and pays 0, but the program that this format comes from pays "
            f"{_constant(ends[-1].emit)}, as if the task were completed",
            own[0].guard.span,
            "give the state an edge for this letter, into a state that pays nothing any more",
            names,
            run,
        )


def _holding(explored: Explored, step: Step, own: list[stack.MachineStep]) -> tuple[str, ...]:
    """The propositions of the state's guards that hold on the step."""
    found = dict.fromkeys(atom for edge in own for atom in atoms(edge.guard))
    return tuple(written(a) for a in found if holds(explored.mdp, a)[step.transition])
