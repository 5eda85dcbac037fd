"""The chain that a policy makes of a product, and the laws of trajectory numbers on it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from specc.chain.chain import Chain, induced
from specc.chain.distribution import Law, discounted_distribution, horizon_distribution
from specc.chain.reachability import absorption
from specc.chain.total_law import total_distribution
from specc.chain.values import UndefinedTotal, absorbed_values, average
from specc.diagnostics import SpecError
from specc.evaluate.value import Value, exact, hull
from specc.lower import Event, Lowered, lower, signal_on
from specc.model.mdp import Mdp
from specc.model.policy import MemoryPolicy, Policy
from specc.objective import stack
from specc.objective.stack import Number
from specc.product import Component

__all__ = ["AnyPolicy", "Decided", "Run", "run"]

AnyPolicy = Policy | MemoryPolicy
Decided = Event | stack.Extremum | stack.SetFunction | stack.Average
"""Trajectory numbers that the bottom component of the chain decides."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A lowered product under a policy: ``chain`` keeps the policy's actual support."""

    lowered: Lowered
    chain: Chain
    policy: AnyPolicy

    def rewards(self, signal: Number, *, stops: bool) -> list[Fraction] | None:
        """The signal per chain transition; None where it is irrational or reads the policy."""
        values = signal_on(self.lowered, signal, stops=stops)
        if values is None:
            return None
        exact_values = values.values
        return [exact_values[i] for i in values.index[self.chain.origin].tolist()]

    def decided(self, node: Decided, transitions: Sequence[int]) -> Hashable:
        """What a bottom component decides: a truth value, a number, or a visited set."""
        built = self.lowered.product
        origin = self.chain.origin
        match node:
            case stack.Satisfaction() | stack.AutomatonSatisfaction():
                column = self.lowered.events[node]
                marks = 0
                for transition in transitions:
                    marks |= int(built.output[origin[transition], column])
                return Fraction(int(self.lowered.accepts(node, marks)))
            case stack.Extremum():
                column = self.lowered.extrema[node]
                memory = self._memory(transitions[0], column)
                assert isinstance(memory, tuple)
                best = memory[0]
                assert isinstance(best, Fraction)
                return best
            case stack.SetFunction():
                column, _ = self.lowered.sets[node]
                memory = self._memory(transitions[0], column)
                assert isinstance(memory, tuple)
                return int(memory[1])
            case stack.Average():
                return self._component_average(node, transitions)

    def _memory(self, transition: int, column: int) -> Hashable:
        built = self.lowered.product
        target = int(self.chain.state[int(self.chain.successors[transition])])
        index = int(built.memory[target, column])
        return built.memories[column][index]

    def _component_average(self, node: stack.Average, transitions: Sequence[int]) -> Fraction:
        rewards = self.rewards(node.signal, stops=False)
        if rewards is None:
            raise _unsupported("a function of an irrational limit average", node)
        start = int(self.chain.sources()[transitions[0]])
        inside = Chain(
            self.chain.starts,
            self.chain.successors,
            self.chain.probabilities,
            ((start, Fraction(1)),),
            self.chain.state,
            self.chain.origin,
            self.chain.choice,
        )
        return average(inside, rewards)

    def decode(self, node: Decided, key: Hashable) -> Value:
        """The number that a decision stands for."""
        if isinstance(node, stack.SetFunction):
            _, visited = self.lowered.sets[node]
            assert isinstance(key, int)
            value = visited.value(key)
            if value is None:
                mask = key
                return Value(None, lambda: visited.enclosure(mask))
            return exact(value)
        assert isinstance(key, Fraction)
        return exact(key)

    def joint(self, nodes: Sequence[Number]) -> list[tuple[Fraction, tuple[Value, ...]]]:
        """The joint law of trajectory numbers: probabilities with a value for each number.

        A tail that could not be unfolded appears with values known as intervals only.
        """
        decided = [n for n in nodes if isinstance(n, Decided)]
        sums = [n for n in nodes if isinstance(n, stack.Discounted | stack.Total)]
        if len(decided) + len(sums) != len(nodes):
            raise _unsupported("this function of trajectory numbers", nodes[0])
        if not sums:
            law = absorbed_values(
                self.chain, lambda ts: tuple(self.decided(node, ts) for node in decided)
            )
            return [
                (mass, tuple(self.decode(n, k) for n, k in zip(decided, keys, strict=True)))
                for keys, mass in law.items()
            ]
        return self._with_sums(nodes, decided, sums)

    def _with_sums(
        self,
        nodes: Sequence[Number],
        decided: Sequence[Decided],
        sums: Sequence[stack.Discounted | stack.Total],
    ) -> list[tuple[Fraction, tuple[Value, ...]]]:
        rewards = []
        for node in sums:
            values = self.rewards(node.signal, stops=True)
            if values is None:
                raise _unsupported("a function of an irrational sum", node)
            rewards.append(values)
        chain = self.chain
        keys: list[tuple[Hashable, ...]] = [()]
        if decided:
            chain, rewards, keys = self._with_decisions(decided, rewards)
        law = self._law(chain, rewards, sums, bool(decided))
        places = {node: i for i, node in enumerate(sums)}
        found = []
        for atom, mass in law.atoms.items():
            key = keys[int(atom[-1])] if decided else ()
            found.append((mass, self._values(nodes, decided, places, key, atom, atom)))
        for rest in law.pending:
            if decided:
                raise _unsupported("a function of verdicts and unfinished sums", nodes[0])
            if None in rest.low or None in rest.high:
                raise _unsupported("a function of an unbounded sum", nodes[0])
            found.append((rest.mass, self._values(nodes, decided, places, (), rest.low, rest.high)))
        return found

    def _values(
        self,
        nodes: Sequence[Number],
        decided: Sequence[Decided],
        places: dict[stack.Discounted | stack.Total, int],
        key: tuple[Hashable, ...],
        low: Sequence[Fraction | None],
        high: Sequence[Fraction | None],
    ) -> tuple[Value, ...]:
        decisions = dict(zip(decided, key, strict=True))
        values = []
        for node in nodes:
            if isinstance(node, stack.Discounted | stack.Total):
                least, most = low[places[node]], high[places[node]]
                assert least is not None and most is not None
                values.append(hull(least, most))
            else:
                assert isinstance(node, Decided)
                values.append(self.decode(node, decisions[node]))
        return tuple(values)

    def _with_decisions(
        self, decided: Sequence[Decided], rewards: list[list[Fraction]]
    ) -> tuple[Chain, list[list[Fraction]], list[tuple[Hashable, ...]]]:
        """A chain with a fresh start, and one more reward: the number of the decision, paid once
        on the way into the bottom component."""
        ends = absorption(self.chain)
        starts = self.chain.starts.tolist()
        keys: dict[tuple[Hashable, ...], int] = {(): 0}
        home: dict[int, int] = {}
        for members in ends.components:
            inner = [t for s in members for t in range(starts[s], starts[s + 1])]
            key = tuple(self.decided(node, inner) for node in decided)
            number = keys.setdefault(key, len(keys))
            home.update(dict.fromkeys(members, number))
        old = self.chain
        initial = old.initial
        n = old.state_count
        order = [s for s, _ in initial]
        chain = Chain(
            np.array([*starts, starts[-1] + len(initial)], dtype=np.int64),
            np.array([*old.successors.tolist(), *order], dtype=np.int64),
            (*old.probabilities, *(p for _, p in initial)),
            ((n, Fraction(1)),),
            np.append(old.state, -1),
            np.append(old.origin, [-1] * len(initial)),
            np.append(old.choice, [-1] * len(initial)),
        )
        zero = [Fraction(0)] * len(initial)
        paid = [
            Fraction(home[t] if t in home and s not in home else 0)
            for s, t in zip(old.sources(), old.successors.tolist(), strict=True)
        ]
        paid.extend(Fraction(home.get(s, 0)) for s in order)
        return chain, [*(r + zero for r in rewards), paid], list(keys)

    def _law(
        self,
        chain: Chain,
        rewards: list[list[Fraction]],
        sums: Sequence[stack.Discounted | stack.Total],
        decided: bool,
    ) -> Law:
        totals = [node for node in sums if isinstance(node, stack.Total)]
        horizons = {node.horizon for node in totals}
        if len(totals) == len(sums) and horizons == {None}:
            try:
                return total_distribution(chain, rewards)
            except UndefinedTotal:
                raise undefined_total(sums[0]) from None
        discounts = [n.discount for n in sums if isinstance(n, stack.Discounted)]
        if not totals and not decided:
            return discounted_distribution(chain, rewards, discounts, tolerance=Fraction(1, 10**12))
        (horizon,) = horizons if len(horizons) == 1 else (None,)
        if len(totals) == len(sums) and horizon is not None and not decided:
            return horizon_distribution(chain, rewards, horizon)
        raise _unsupported("a function of numbers that end at different times", sums[0])


def undefined_total(node: Number) -> SpecError:
    """A total over all time that does not settle."""
    return SpecError.of(
        "E703",
        "`total` without a horizon needs a signal that is 0 forever in the end; here it is paid "
        "again and again",
        span=node.span,
        help="add `horizon=H`, or use `average` or `discounted`",
    )


def _unsupported(what: str, node: Number) -> SpecError:
    return SpecError.of("E705", f"{what} is not evaluated exactly yet", span=node.span)


def run(mdp: Mdp, numbers: Sequence[Number], policy: AnyPolicy) -> Run:
    """The product that these trajectory numbers need, under the policy."""
    if isinstance(policy, Policy):
        lowered = lower(mdp, numbers)
        chances = [policy.probabilities[c] for c in lowered.product.choice_origin.tolist()]
        return Run(lowered, induced(lowered.product.model, chances), policy)
    memory = Component(
        np.array(policy.initial, dtype=np.int64),
        np.arange(mdp.transition_count, dtype=np.int64),
        policy.update,
        np.zeros_like(policy.update),
    )
    lowered = lower(mdp, numbers, extra=[memory])
    built = lowered.product
    sources = np.repeat(np.arange(built.model.state_count), np.diff(built.model.choice_starts))
    rows = built.memory[sources, -1].tolist()
    chances = [
        policy.probabilities[m][c] for m, c in zip(rows, built.choice_origin.tolist(), strict=True)
    ]
    return Run(lowered, induced(built.model, chances), policy)
