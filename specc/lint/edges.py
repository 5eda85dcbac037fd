"""Completeness and determinism of machines: letters on which no edge, or more than one, matches."""

from __future__ import annotations

from collections.abc import Iterator

from specc.lint.explore import Explored
from specc.lint.finding import Finding, Trajectory
from specc.lint.letters import letter_text, no_match, true_in, witness
from specc.objective import stack

__all__ = ["incomplete", "overlaps"]


def incomplete(machine: stack.Machine) -> Iterator[Finding]:
    """One note on the states that some letter leaves without an edge, with that letter."""
    stuck = []
    for state in range(len(machine.states)):
        if state in machine.final:
            continue
        letter = witness(no_match(s.guard for s in machine.steps if s.source == state))
        if letter is not None:
            stuck.append((state, true_in(letter)))
    if not stuck:
        return
    state, letter_names = stuck[0]
    names = ", ".join(f"`{machine.states[s]}`" for s, _ in stuck[:6])
    names += f" and {len(stuck) - 6} more" if len(stuck) > 6 else ""
    rest = machine.otherwise
    does = "stays" if rest is None else f"goes to `{machine.states[rest]}`"
    yield Finding(
        "N532",
        machine.name,
        f"`{machine.name}` {does} and pays 0 where no edge matches: in {names}; in "
        f"`{machine.states[state]}` on the letter {letter_text(letter_names)}",
        None,
        "that is what machines mean; write an edge where another one is meant",
        letter_names,
    )


def overlaps(machine: stack.Machine, explored: Explored | None) -> Iterator[Finding]:
    """Notes on edges of one state that match together and do different things: the first wins.

    In a finite environment only where a run takes such a step, with that run.
    """
    for number, later in enumerate(machine.steps):
        before = [s for s in machine.steps[:number] if s.source == later.source]
        for place, earlier in enumerate(before):
            if (earlier.target, earlier.emit) == (later.target, later.emit):
                continue
            guards = (earlier.guard, later.guard, no_match(s.guard for s in before[:place]))
            letter = witness(stack.AllOf(guards))
            run = None if explored is None else _taken(explored, earlier, later)
            if letter is not None and (run is not None or explored is None):
                yield _overlap(machine, earlier, later, true_in(letter), run)
                break


def _overlap(
    machine: stack.Machine,
    earlier: stack.MachineStep,
    later: stack.MachineStep,
    letter: tuple[str, ...],
    run: Trajectory | None,
) -> Finding:
    names = machine.states
    shown = f", as in {run}" if run is not None else ""
    return Finding(
        "N531",
        machine.name,
        f"in `{names[later.source]}` two edges match on the letter {letter_text(letter)}{shown}: "
        f"the first, to `{names[earlier.target]}`, is taken, and this one, to "
        f"`{names[later.target]}`, is not",
        later.guard.span,
        "exclude the earlier edge's condition here, or move this edge up",
        letter,
        run,
    )


def _taken(
    explored: Explored, earlier: stack.MachineStep, later: stack.MachineStep
) -> Trajectory | None:
    """A run to a step that takes the earlier edge where the later one matches, too."""
    for step in explored.of(later.source):
        took = None if step.edge is None else explored.machine.steps[step.edge]
        if took is earlier and explored.truth[later.guard][step.transition]:
            return explored.run(step)
    return None
