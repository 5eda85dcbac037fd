"""Signals without a rational value on every transition: entropies, divergences, logarithms."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from specc.chain import interval
from specc.diagnostics import SpecError
from specc.evaluate.outer import evaluate_number
from specc.evaluate.run import Run
from specc.evaluate.value import Value, exact
from specc.lower import without_machines
from specc.model.mdp import ExactArray, Mdp
from specc.model.policy import Policy
from specc.objective import stack
from specc.objective.simplify import simplify
from specc.objective.stack import Number
from specc.words import BoolArray, holds, signal_values

__all__ = ["References", "irrational_rewards"]

References = Mapping[str, Policy]
"""The policies that `kl(name)` speaks of."""


def irrational_rewards(
    played: Run, signal: Number, references: References, stops: bool
) -> list[Value]:
    """A value per chain transition: exact, or a ball that is computed anew at each precision."""
    lowered, chain = played.lowered, played.chain
    mdp = lowered.mdp
    sources = mdp.transition_sources()
    letters = _Letters(mdp)
    made: dict[tuple[Number, int], Value] = {}
    found = []
    for transition in chain.origin.tolist():
        origin = int(lowered.product.origin[transition])
        if stops and mdp.stopped[sources[origin]]:
            found.append(exact(Fraction(0)))
            continue
        plain = simplify(without_machines(lowered, signal, transition))
        key = plain, _place(played, transition, origin)
        if key not in made:
            row = _choice_row(played, transition, int(sources[origin]))
            made[key] = _on_transition(plain, letters, origin, row, references)
        found.append(made[key])
    return found


class _Letters:
    """The parts of a signal that do not read the policy, over all transitions at once."""

    def __init__(self, mdp: Mdp) -> None:
        self.mdp = mdp
        self.values: dict[Number, ExactArray] = {}
        self.truths: dict[stack.Guard, BoolArray] = {}

    def value(self, number: Number, transition: int) -> Fraction:
        """A rational leaf on a transition."""
        if number not in self.values:
            found = signal_values(self.mdp, number)
            assert found is not None
            self.values[number] = found
        return self.values[number][transition]

    def truth(self, guard: stack.Guard, transition: int) -> bool:
        """An atom of a guard on a transition."""
        if guard not in self.truths:
            self.truths[guard] = holds(self.mdp, guard)
        return bool(self.truths[guard][transition])


def _place(played: Run, transition: int, origin: int) -> int:
    """What tells apart the letters and the policy's distribution: transition and memory."""
    if isinstance(played.policy, Policy):
        return origin
    return transition + played.lowered.mdp.transition_count


def _choice_row(played: Run, transition: int, state: int) -> list[Fraction]:
    """pi(.|s) at the state that a product transition leaves, in choice order."""
    mdp, policy = played.lowered.mdp, played.policy
    if isinstance(policy, Policy):
        return [policy.probabilities[c] for c in mdp.choices(state)]
    built = played.lowered.product
    choice = int(np.searchsorted(built.model.transition_starts, transition, "right")) - 1
    source = int(np.searchsorted(built.model.choice_starts, choice, "right")) - 1
    memory = int(built.memory[source, -1])
    return [policy.probabilities[memory][c] for c in mdp.choices(state)]


def _on_transition(
    signal: Number, letters: _Letters, origin: int, row: list[Fraction], references: References
) -> Value:
    def leaf(node: Number) -> Value:
        match node:
            case stack.PolicyTerm(kind, order, reference):
                if kind == "entropy" and 1 not in row:
                    return Value(None, lambda: interval.entropy(row))
                if kind == "entropy":
                    return exact(Fraction(0))
                if kind == "tsallis":
                    assert order is not None
                    return _tsallis(row, order)
                other = _reference_row(letters.mdp, origin, reference or "uniform", references)
                return Value(None, lambda: interval.kullback_leibler(row, other))
            case _:
                return exact(letters.value(node, origin))

    return evaluate_number(signal, leaf, lambda guard: letters.truth(guard, origin))


def _tsallis(row: list[Fraction], order: Fraction) -> Value:
    if order.denominator == 1 and order > 1:
        powers = sum((p**order.numerator for p in row), Fraction(0))
        return exact((1 - powers) / (order - 1))
    return Value(None, lambda: interval.tsallis(row, order))


def _reference_row(mdp: Mdp, origin: int, reference: str, references: References) -> list[Fraction]:
    state = int(mdp.transition_sources()[origin])
    choices = mdp.choices(state)
    if reference in references:
        return [references[reference].probabilities[c] for c in choices]
    if reference != "uniform":
        raise SpecError.of("E708", f"`kl({reference})` compares with a policy without memory")
    return [Fraction(1, len(choices))] * len(choices)
