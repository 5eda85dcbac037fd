"""What the rules about means share: the terms of a reduced objective, and how they are paid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.linear import LinearForm, linear_form
from specc.objective.signals import SignalKind, signal_kind
from specc.objective.simplify import simplify
from specc.objective.stack import Number
from specc.objective.walk import leaves
from specc.verdict.question import Question
from specc.verdict.realise.facts import noted
from specc.verdict.realise.potential import pruned
from specc.verdict.realise.reduce import Reduced, is_mean, reduced
from specc.verdict.realise.unroll import Node, Unrolled, unroll

__all__ = [
    "Mean",
    "Term",
    "discounts_to_try",
    "is_markov",
    "mean",
    "paid_at",
    "shortened",
    "stopped_pays",
    "sum_of",
    "unrolled",
]


@dataclass(frozen=True, slots=True)
class Term:
    """``coefficient * E[trajectory]``."""

    trajectory: Number
    coefficient: Fraction


@dataclass(frozen=True, slots=True)
class Mean:
    """A reduced objective that is a constant plus terms, none of which reads the policy."""

    reduced: Reduced
    constant: Fraction
    terms: tuple[Term, ...]

    @property
    def preserves(self) -> Literal["value", "order"]:
        """What a spec with this mean as its value preserves of the question's spec."""
        return self.reduced.preserves

    def because(self, reason: str) -> str:
        """The facts that reduced it, then the reason."""
        return "; ".join((*self.reduced.why, reason))


def mean(question: Question) -> Mean | None:
    """The objective as a sum of means; None where it is not, or is a constant."""
    return noted(question, "mean", lambda: _mean(question))


def _mean(question: Question) -> Mean | None:
    found = reduced(question)
    if not isinstance(found.objective, stack.Scalar) or not is_mean(found.objective.number):
        return None
    form = linear_form(found.objective.number)
    terms: list[Term] = []
    for number, coefficient in form.terms.items():
        assert isinstance(number, stack.Expectation)
        if any(isinstance(node, stack.PolicyTerm) for node in leaves(number)):
            return None
        terms.append(Term(number.trajectory, coefficient))
    return Mean(found, form.constant, tuple(terms)) if terms else None


def is_markov(signal: Number) -> bool:
    """Whether the signal needs no memory."""
    return signal_kind(signal) is SignalKind.MARKOV


def sum_of(constant: Fraction, parts: list[tuple[Fraction, Number]]) -> stack.Scalar:
    """The objective ``constant + sum of coefficient * E[part]``."""
    form = LinearForm(constant, {})
    for coefficient, part in parts:
        form = form.plus(LinearForm(Fraction(0), {stack.Expectation(part): coefficient}))
    return stack.Scalar(simplify(form.number()))


def unrolled(question: Question, trajectory: Number) -> Unrolled | None:
    """The trajectory number unrolled run by run; None where it is not bounded."""
    return noted(
        question,
        ("unrolled", trajectory),
        lambda: unroll(question.mdp, trajectory, mean=False),
    )


def shortened(question: Question, trajectory: Number) -> Unrolled | None:
    """The same mean with less memory: what no policy influences is gained in advance."""

    def make() -> Unrolled | None:
        found = unroll(question.mdp, trajectory, mean=True)
        return None if found is None else pruned(question.mdp, found)

    return noted(question, ("shortened", trajectory), make)


def discounts_to_try(found: Mean) -> list[Fraction]:
    """The discounts of the objective itself, else one half; one for all terms is wanted."""
    own = {
        term.trajectory.discount
        for term in found.terms
        if isinstance(term.trajectory, stack.Discounted) and term.trajectory.discount
    }
    return sorted(own) or [Fraction(1, 2)]


def paid_at(discount: Fraction) -> Callable[[Node, Fraction], Fraction]:
    """What is paid at a node for a gain there, so that it is worth the gain when discounted."""

    def paid(node: Node, gain: Fraction) -> Fraction:
        share = 1 - discount if node.lasting else Fraction(1)
        return share * gain / discount**node.time

    return paid


def stopped_pays(mdp: Mdp, found: Unrolled) -> bool:
    """Whether something is gained after the episode is over, where discounted sums pay nothing."""
    if not mdp.stopped.any():
        return False
    return any(
        step.gain
        for node in found.nodes
        if mdp.stopped[node.state]
        for row in node.rows
        for step in row
    )
