"""Reward loops: machines whose greatest reward is had by never completing them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.lint.explore import Explored, Step
from specc.lint.finding import Finding, Trajectory
from specc.lint.hacks import successes
from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.simplify import simplify

if TYPE_CHECKING:
    from specc.emit.plan import SignalScheme
    from specc.resolve.file import Spec

__all__ = ["never_completed"]

_MOST_NODES = 20_000

Pair = tuple[int, int]
_Policy = dict[Pair, int]
"""The choice of the environment in each pair of its state and the machine's."""


def never_completed(spec: Spec, machine: stack.Machine, explored: Explored) -> Iterator[Finding]:
    """A finding where a policy whose value is the optimum (within a millionth) earns again and
    again on a loop and never completes the machine, although some run does.

    Only where the spec's reward is the machine's, times a positive number: what other rewards are
    worth beside it, the author has weighed.
    """
    good = successes(machine)
    if not _has_paying_cycle(machine) or not any(step.after in good for step in explored.steps):
        return
    scheme = _plain(spec, machine)
    if scheme is None or len(explored.first) > _MOST_NODES:
        return
    try:
        policy = _optimal(spec, machine, scheme)
    except SpecError:
        return
    steps = _followed(explored, policy)
    if any(step.after in good for step in steps):
        return
    for step in steps:
        if explored.paid(step) <= 0 or step.edge is None:
            continue
        run = _loop(explored, steps, step)
        if run is not None and run.round_reward > 0:
            yield _finding(spec, machine, machine.steps[step.edge], run)
            return


def _finding(
    spec: Spec, machine: stack.Machine, edge: stack.MachineStep, run: Trajectory
) -> Finding:
    ends = " or ".join(f"`{machine.states[state]}`" for state in sorted(successes(machine)))
    return Finding(
        "W532",
        machine.name,
        f"the optimum of `{spec.name}` never completes `{machine.name}`: {run} earns "
        f"{run.round_reward} in every round, for ever, and no policy that reaches {ends} is worth "
        "more",
        edge.guard.span,
        "pay once, by an edge into another state, or make completing worth more than the loop",
        trajectory=run,
    )


def _has_paying_cycle(machine: stack.Machine) -> bool:
    """Whether an edge that may pay lies on a cycle of the machine."""
    after: dict[int, set[int]] = {}
    for step in machine.steps:
        after.setdefault(step.source, set()).add(step.target)
    for step in machine.steps:
        emit = simplify(step.emit)
        pays = not isinstance(emit, stack.Constant) or emit.value > 0
        if pays and step.target not in machine.final and _leads(after, step.target, step.source):
            return True
    return False


def _leads(after: dict[int, set[int]], start: int, end: int) -> bool:
    seen, pending = {start}, [start]
    while pending:
        fresh = after.get(pending.pop(), set()) - seen
        seen |= fresh
        pending += fresh
    return end in seen


def _plain(spec: Spec, machine: stack.Machine) -> SignalScheme | None:
    """The spec's scheme, where its reward is a positive multiple of the machine's."""
    from specc.emit.plan import SignalScheme
    from specc.emit.planned import plan

    scheme = plan(spec).scheme
    if not isinstance(scheme, SignalScheme) or scheme.regulariser or scheme.criterion == "total":
        return None
    form = linear_form(scheme.signal)
    output = stack.MachineOutput(machine)
    if form.constant or set(form.terms) != {output} or form.terms[output] <= 0:
        return None
    return scheme


def _optimal(spec: Spec, machine: stack.Machine, scheme: SignalScheme) -> _Policy:
    """An optimal policy of the compiled reward; empty where it has no choice per state."""
    from specc.emit.compiled_model import compiled_model
    from specc.emit.controller import signal_controller
    from specc.emit.tables import finite_model, product_tables
    from specc.model.graph import Model
    from specc.solve.average import average
    from specc.solve.discounted import discounted

    compiled, mdp = compiled_model(spec), finite_model(spec)
    model = Model(
        compiled.choice_starts,
        compiled.transition_starts,
        compiled.successors,
        compiled.probabilities,
        compiled.initial,
    )
    rewards = compiled.rewards[""]
    if scheme.criterion == "average":
        found = average(model, rewards)
    else:
        found = discounted(model, rewards, scheme.discount)
    if found.choice is None:
        return {}
    place = {name: index for index, name in enumerate(machine.states)}
    held = [place[name] for name in signal_controller(scheme).states]
    starts = compiled.choice_starts.tolist()
    return {
        (state, held[memory]): mdp.choices(state).start + int(choice) - starts[node]
        for node, ((state, memory), choice) in enumerate(
            zip(product_tables(spec).nodes, found.choice.tolist(), strict=True)
        )
    }


def _followed(explored: Explored, policy: _Policy) -> list[Step]:
    """The steps that the policy takes, breadth-first; none where it does not say what to do."""
    mdp = explored.mdp
    out: dict[Pair, list[Step]] = {}
    for step in explored.steps:
        choice = policy.get((step.state, step.machine))
        if choice is not None and step.transition in mdp.transitions(choice):
            out.setdefault((step.state, step.machine), []).append(step)
    starts = [pair for pair, entered in explored.first.items() if entered is None]
    return _search(mdp.successors, out, starts)[0]


def _search(
    successors: NDArray[Any], out: dict[Pair, list[Step]], starts: list[Pair]
) -> tuple[list[Step], dict[Pair, Step | None]]:
    """The steps met, and the step that first enters each pair."""
    entered: dict[Pair, Step | None] = dict.fromkeys(starts)
    pending, met = list(starts), []
    for pair in pending:  # grows while it is read
        for step in out.get(pair, []):
            met.append(step)
            after = int(successors[step.transition]), step.after
            if after not in entered:
                entered[after] = step
                pending.append(after)
    return met, entered


def _loop(explored: Explored, steps: list[Step], step: Step) -> Trajectory | None:
    """A run to the step, and from it back to where it began; None where it never comes back."""
    successors = explored.mdp.successors
    out: dict[Pair, list[Step]] = {}
    for one in steps:
        out.setdefault((one.state, one.machine), []).append(one)
    here = step.state, step.machine
    there = int(successors[step.transition]), step.after
    back = _path(_search(successors, out, [there])[1], here)
    if back is None:
        return None
    starts = [pair for pair, entered in explored.first.items() if entered is None]
    way = _path(_search(successors, out, starts)[1], here) or []
    moves = [explored.move(one) for one in (*way, step, *back)]
    return Trajectory(tuple(moves), len(way))


def _path(entered: dict[Pair, Step | None], end: Pair) -> list[Step] | None:
    """The steps of a shortest path to the pair."""
    if end not in entered:
        return None
    path: list[Step] = []
    step = entered[end]
    while step is not None:
        path.append(step)
        step = entered[step.state, step.machine]
    return path[::-1]
