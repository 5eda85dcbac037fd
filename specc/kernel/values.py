"""What an objective is worth under one policy, and how two policies compare. Exact.

The policy's probabilities are rational or germs (functions of an infinitesimal e): over Q(e)
everything below holds for all small enough e > 0.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cmp_to_key
from itertools import pairwise

from .arithmetic import arithmetic, holds, logic, minus, reward
from .chain import Chain, Process, cesaro, discounted, explore, process, until, visits
from .errors import Rejected
from .formula import probability
from .germ import Number
from .logs import Value, log, plus, times, value_sign
from .lottery import Word, along, lottery
from .risk import cvar, mean, quantile, variance
from .statement import Environment, Policy, Spec, Step
from .terms import Term, walk

__all__ = ["Valuation", "compare"]

Node = tuple[Hashable, tuple[int, ...]]
"""A place of the process, and a state of each machine."""


@dataclass(frozen=True, slots=True)
class Valuation:
    """A spec under a policy, or along ``one`` of its trajectories, where every number is the
    mean over this trajectory alone; ``known`` keeps what was computed.

    With ``at``, what ``policy`` is at e = 0, logarithms of probabilities are taken there. The value
    at e = 0 and its derivative are the same: (sum_a p_a log p_a)' = sum_a p_a' log p_a, because the
    p_a sum to 1 for every e.
    """

    environment: Environment
    spec: Spec
    policy: Policy
    one: Word | None = None
    at: Policy | None = None
    known: dict[Term, Value] = field(default_factory=dict)

    def value(self, term: Term) -> Value:
        """The number of a policy that a term of sort ``value`` stands for, or of one trajectory
        (sort ``trajectory``)."""
        return arithmetic(term, self._leaf, self.condition)

    def condition(self, term: Term) -> bool:
        """The truth value of a term of sort ``condition`` or ``event``."""
        return logic(term, _no_leaf, self.value)

    def _leaf(self, term: Term) -> Value:
        if term not in self.known:
            self.known[term] = self._mean(term)
        return self.known[term]

    def _mean(self, term: Term) -> Value:
        match term.kind, term.fields:
            case (("probability" | "satisfied"), (formula,)):
                return probability(self.environment, self._process(), formula)
            case (("probability within" | "satisfied within"), (formula, letters)):
                return probability(self.environment, self._process(), formula, letters)
            case "sup", (signal,):
                return self._supremum(signal, Fraction(1))
            case "inf", (signal,):
                return times(Fraction(-1), self._supremum(signal, Fraction(-1)))
            case "mean", (number,):
                return mean(self.outcomes(number))
            case "variance", (number,):
                return variance(self.outcomes(number))
            case "quantile", (level, number):
                return quantile(level, self.outcomes(number))
            case "cvar", (level, number):
                return cvar(level, self.outcomes(number))
            case "policy", (state, action):
                return self.policy[state].get(action, Fraction(0))
            case "discounted", (signal, discount):
                return self._sum(signal, lambda chain: list(discounted(chain, discount)))
            case "average", (signal,):
                return self._sum(signal, lambda chain: list(cesaro(chain)))
            case "total", (signal, horizon):
                return self._sum(signal, lambda chain: _visits_within(chain, horizon))
            case "total forever", (signal,):
                return self._sum(signal, visits)
            case _:
                raise AssertionError(f"no value: {term.kind}")

    def _process(self) -> Process:
        return along(self.one) if self.one else process(self.environment, self.policy)

    def outcomes(self, number: Term) -> list[tuple[Number, Value]]:
        """What a number is along every trajectory, and how likely that is."""
        return [
            (mass, Valuation(self.environment, self.spec, self.policy, word).value(number))
            for word, mass in lottery(self.environment, self.policy).items()
        ]

    def _supremum(self, signal: Term, factor: Fraction) -> Value:
        """The mean of sup_t factor * signal_t: the least value, and for every larger one what it
        adds, times the probability that a transition has it or more."""
        chain = self._product(names := _machines(signal))
        worth = [
            [times(factor, self._signal(signal, tag, names, node)) for _, _, tag in edges]
            for node, edges in zip(chain.nodes, chain.edges, strict=True)
        ]
        ordered = sorted((x for row in worth for x in row), key=cmp_to_key(_difference_sign))
        total = ordered[0]
        for below, level in pairwise(ordered):
            gain = minus(level, below)
            if value_sign(gain) != 0:
                total = plus(total, times(_reaches(chain, worth, level), gain))
        return total

    def _sum(self, signal: Term, weigh: Callable[[Chain[Node]], list[Number | None]]) -> Value:
        """sum over nodes of (weight of the node) * E[signal of the next transition]."""
        chain = self._product(names := _machines(signal))
        total: Value = Fraction(0)
        for node, edges, weight in zip(chain.nodes, chain.edges, weigh(chain), strict=True):
            for _, chance, step in edges:
                worth = self._signal(signal, step, names, node)
                if weight is not None:
                    total = plus(total, times(weight * chance, worth))
                elif value_sign(worth) != 0:
                    raise Rejected("value", "a total without horizon is paid forever")
        return total

    def _product(self, names: list[str]) -> Chain[Node]:
        trajectories = self._process()

        def moved(memory: tuple[int, ...], tag: Step) -> tuple[int, ...]:
            return tuple(self._edge(n, u, tag)[0] for n, u in zip(names, memory, strict=True))

        def step(node: Node) -> list[tuple[Node, Number, Step]]:
            place, memory = node
            return [
                ((to, moved(memory, tag)), chance, tag)
                for to, chance, tag in trajectories.moves(place)
            ]

        return explore(
            [((place, (0,) * len(names)), mass) for place, _, mass in trajectories.start], step
        )

    def _edge(self, machine: str, state: int, step: Step) -> tuple[int, Number]:
        """Where a machine goes on a transition and what it emits: its first edge that matches."""
        for guard, target, emit in self.spec.machines[machine].edges[state]:
            if holds(self.environment, guard, step):
                return target, reward(self.environment, emit, step)
        return state, Fraction(0)

    def _signal(self, signal: Term, step: Step, names: list[str], node: Node) -> Value:
        memory = dict(zip(names, node[1], strict=True))

        def leaf(term: Term) -> Value:
            match term.kind, term.fields:
                case "reward", _:
                    return reward(self.environment, term, step)
                case "machine", (name,):
                    return self._edge(name, memory[name], step)[1]
                case _:
                    return self._policy_term(term, step[0])

        return arithmetic(signal, leaf, lambda guard: holds(self.environment, guard, step))

    def _policy_term(self, term: Term, state: str) -> Value:
        row = self.policy[state]
        fixed = (self.at or self.policy)[state]
        total: Value = Fraction(0)
        match term.kind, term.fields:
            case "entropy", ():
                for action, chance in row.items():
                    total = minus(total, times(chance, log(_rational(fixed[action]))))
                return total
            case "kl", (name,):
                reference = self.spec.references[name][state]
                for action, chance in row.items():
                    ratio = _rational(fixed[action]) / _rational(reference[action])
                    total = plus(total, times(chance, log(ratio)))
                return total
            case "tsallis", (order,):
                powers: Number = Fraction(0)
                for chance in row.values():
                    power: Number = Fraction(1)
                    for _ in range(order):
                        power = power * chance
                    powers = powers + power
                return (Fraction(1) - powers) / Fraction(order - 1)
            case _:
                raise AssertionError(f"no policy term: {term.kind}")


def compare(environment: Environment, spec: Spec, better: Policy, worse: Policy) -> int:
    """1, 0 or -1: the first policy is above, tied with, or below the second in the spec's order."""
    one, other = (Valuation(environment, spec, policy) for policy in (better, worse))
    feasible, too = (all(map(v.condition, spec.constraints)) for v in (one, other))
    if not (feasible and too):
        return feasible - too
    for number in spec.numbers:
        if found := value_sign(minus(one.value(number), other.value(number))):
            return found
    return 0


def _no_leaf(term: Term) -> bool:
    raise AssertionError(f"no condition: {term.kind}")


def _machines(signal: Term) -> list[str]:
    return sorted({term.fields[0] for term in walk(signal) if term.kind == "machine"})


def _difference_sign(left: Value, right: Value) -> int:
    return value_sign(minus(left, right))


def _reaches(chain: Chain[Node], worth: list[list[Value]], level: Value) -> Number:
    """P(some transition is worth the level or more)."""
    goal = len(chain.nodes)
    rows: list[dict[int, Number]] = []
    for edges, values in zip(chain.edges, worth, strict=True):
        row: dict[int, Number] = {}
        for (to, weight, _), value in zip(edges, values, strict=True):
            to = goal if _difference_sign(value, level) >= 0 else to
            row[to] = row.get(to, Fraction(0)) + weight
        rows.append(row)
    rows.append({})
    found = until(rows, [True for _ in rows], [i == goal for i in range(len(rows))])
    return sum((m * p for m, p in zip(chain.initial, found, strict=False)), Fraction(0))


def _visits_within(chain: Chain[Node], horizon: int) -> list[Number | None]:
    mass = chain.initial
    total: list[Number] = [Fraction(0)] * len(mass)
    for _ in range(horizon):
        total = [t + m for t, m in zip(total, mass, strict=True)]
        following: list[Number] = [Fraction(0)] * len(mass)
        for m, edges in zip(mass, chain.edges, strict=True):
            for to, weight, _ in edges:
                following[to] = following[to] + m * weight
        mass = following
    return list(total)


def _rational(chance: Number) -> Fraction:
    if not isinstance(chance, Fraction):
        raise Rejected("value", "a logarithm of an infinitesimal is not decided here")
    return chance
