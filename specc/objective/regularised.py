"""Signals that add multiples of policy terms to a reward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar, assert_never

from specc.objective import stack
from specc.objective.linear import LinearForm, linear_form
from specc.objective.stack import Number
from specc.objective.walk import leaves

__all__ = ["RegularisedSignal", "regularised_signal"]

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class RegularisedSignal:
    """``reward + weight * entropy + sum of attraction * (sum over a of p_a ln ref_a)``.

    ``entropies`` has the weights of Tsallis entropies by their order, Shannon's being that of order
    1; ``attractions`` the second sum by the name of the reference. A divergence is minus the
    entropy and minus that sum: ``-c * kl(ref)`` has the weight c in both.
    """

    reward: Number
    entropies: Mapping[Fraction, Fraction]
    attractions: Mapping[str, Fraction]

    @property
    def obstacle(self) -> str | None:
        """Why there is no closed form for the best distribution in a state; None where there is."""
        if len(self.entropies) > 1:
            return "a sum of entropies of several orders"
        if len(self.attractions) > 1:
            return "divergences from several policies"
        return None


def regularised_signal(signal: Number) -> RegularisedSignal | None:
    """The parts of a signal; None where a policy term is weighted by more than a number.

    >>> term = stack.PolicyTerm("entropy")
    >>> regularised_signal(stack.Apply("*", (stack.Constant(Fraction(2)), term))).entropies
    {Fraction(1, 1): Fraction(2, 1)}
    """
    form = linear_form(signal)
    rest: dict[Number, Fraction] = {}
    entropies: dict[Fraction, Fraction] = {}
    attractions: dict[str, Fraction] = {}
    for term, weight in form.terms.items():
        if not isinstance(term, stack.PolicyTerm):
            if any(isinstance(node, stack.PolicyTerm) for node in leaves(term)):
                return None
            rest[term] = weight
            continue
        match term.kind:
            case "entropy":
                _add(entropies, Fraction(1), weight)
            case "tsallis":
                assert term.order is not None
                _add(entropies, term.order, weight)
            case "kl":
                _add(entropies, Fraction(1), -weight)
                _add(attractions, term.reference or "uniform", -weight)
            case _:
                assert_never(term.kind)
    return RegularisedSignal(
        LinearForm(form.constant, rest).number(), _nonzero(entropies), _nonzero(attractions)
    )


def _add(weights: dict[K, Fraction], key: K, weight: Fraction) -> None:
    weights[key] = weights.get(key, Fraction(0)) + weight


def _nonzero(weights: dict[K, Fraction]) -> dict[K, Fraction]:
    return {key: weight for key, weight in weights.items() if weight}
