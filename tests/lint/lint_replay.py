"""Independent readings: a machine run by plain Python, and the original program's rewards."""

from __future__ import annotations

import re
from fractions import Fraction

from specc.lint import Trajectory
from specc.model.mdp import Mdp
from specc.objective import stack

Labels = set[str]


def entered(mdp: Mdp, state: str) -> Labels:
    """The state labels that hold in a state."""
    number = mdp.states.index(state)
    return {name for name, label in mdp.labels.items() if label.holds[number]}


def truth(guard: stack.Guard, labels: Labels) -> bool:
    match guard:
        case stack.Truth(value):
            return value
        case stack.LabelIs(name):
            return name in labels
        case stack.Negation(part):
            return not truth(part, labels)
        case stack.AllOf(parts):
            return all(truth(part, labels) for part in parts)
        case stack.AnyOf(parts):
            return any(truth(part, labels) for part in parts)
    raise AssertionError(guard)


def number(emit: stack.Number) -> Fraction:
    match emit:
        case stack.Constant(value):
            return value
        case stack.Apply("/", (left, right)):
            return number(left) / number(right)
        case stack.Apply("*", (left, right)):
            return number(left) * number(right)
    raise AssertionError(emit)


def replay(mdp: Mdp, machine: stack.Machine, run: Trajectory) -> list[Fraction]:
    """What the machine pays on the run, which must be possible, start at a start state, and close
    its loop."""
    starts = {mdp.states[state] for state, _ in mdp.initial}
    assert run.moves[0].state in starts
    held, paid, pairs = 0, [], []
    for place, move in enumerate(run.moves):
        if place:
            assert move.state == run.moves[place - 1].successor
        pairs.append((move.state, held))
        _possible(mdp, move.state, move.action, move.successor)
        reward = Fraction(0)
        if held not in machine.final:
            matching = [
                s
                for s in machine.steps
                if s.source == held and truth(s.guard, entered(mdp, move.successor))
            ]
            if matching:
                held, reward = matching[0].target, number(matching[0].emit)
            elif machine.otherwise is not None:
                held = machine.otherwise
        assert (machine.states[held], reward) == (move.machine, move.reward)
        paid.append(reward)
    if run.loop is not None:
        assert pairs[run.loop] == (run.moves[-1].successor, held)
    return paid


def _possible(mdp: Mdp, state: str, action: str, successor: str) -> None:
    for choice in mdp.choices(mdp.states.index(state)):
        if mdp.actions[choice] == action:
            after = [mdp.states[int(mdp.successors[t])] for t in mdp.transitions(choice)]
            assert successor in after
            return
    raise AssertionError(f"{state} has no {action}")


class Original:
    """Rewards by pairs of states, all terminal states one, no match terminal: the rule of the
    program that the text format comes from."""

    def __init__(self, text: str) -> None:
        lines = [line.split("#")[0].strip() for line in text.splitlines()]
        self.state: int | None = int(lines[0])
        ends = set(map(int, re.findall(r"\d+", lines[1])))
        self.edges: dict[int, dict[int | None, tuple[str, float]]] = {}
        for line in filter(None, lines[2:]):
            found = re.fullmatch(r"\((\d+),(\d+),'(.*)',ConstantRewardFunction\((.*)\)\)", line)
            assert found
            u, v = int(found[1]), int(found[2])
            if u not in ends:
                row = self.edges.setdefault(u, {})
                row[None if v in ends else v] = found[3], float(found[4])

    def step(self, labels: Labels) -> float:
        assert self.state is not None
        row = self.edges[self.state]
        after = next((v for v, (formula, _) in row.items() if _holds(formula, labels)), None)
        self.state, reward = after, row[after][1] if after in row else 0.0
        return reward


def _holds(formula: str, labels: Labels) -> bool:
    if formula in ("True", "False"):
        return formula == "True"
    return any(
        all((part[1:] not in labels) if part[0] == "!" else part in labels
            for part in way.split("&"))
        for way in formula.split("|")
    )  # fmt: skip
