"""What each reward scheme of a formula pays, why it is taken, and what it preserves: its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specc.emit.controller import formula_controller
from specc.emit.plan import FormulaScheme, SignalScheme
from specc.emit.planned import plan

if TYPE_CHECKING:
    from specc.automata.translate import Budget
    from specc.resolve.file import Spec

__all__ = ["Card", "card", "formula_card"]


@dataclass(frozen=True, slots=True)
class Card:
    """A reward scheme, for people: ``reward`` says what is paid, ``reason`` why this scheme,
    ``preserves`` the exact guarantee, ``loses`` what is not covered, ``source`` where it is
    proved."""

    name: str
    reward: str
    reason: str
    preserves: str
    loses: str
    source: str

    @property
    def guarantee(self) -> str:
        """All of the guarantee as one text."""
        source = f" ({self.source})" if self.source else ""
        return f"{self.preserves}{source}. {self.loses}."


def card(spec: Spec, budget: Budget | None = None) -> Card | None:
    """The card of the spec's scheme; None where its objective is not the probability of one
    formula.

    :raises SpecError: E816 a scheme that does not fit, E5xx from the translation, E802 an
        acceptance condition with too many alternatives.

    >>> from specc.resolve.file import load_text
    >>> card(load_text("spec again = P[G F goal]")["again"]).name
    'gadget'
    """
    match plan(spec).scheme:
        case FormulaScheme() as scheme:
            return formula_card(scheme, budget)
        case SignalScheme(event=event) if event is not None:
            return AVERAGE
        case _:
            return None


def formula_card(scheme: FormulaScheme, budget: Budget | None = None) -> Card:
    """The card of a formula's scheme; errors as :func:`card`, and MissingExtra without Spot."""
    _, kind = formula_controller(scheme, budget)
    if kind == "co-safe":
        return _CO_SAFE
    if kind == "safe":
        return _SAFE
    return _two_discounts(scheme) if scheme.method == "two-discounts" else _gadget(scheme)


_ASKED = "it was asked for"
_UNDECIDED = (
    "no finite part of a run decides the formula, so no reward is exact; this one needs no model "
    "and suits every learner"
)
_CUT = "Time limits cut runs short and are not covered"

_CO_SAFE = Card(
    "exact",
    "1 on entering the accepting state of the formula's automaton, no discount",
    "a finite prefix of every satisfying run decides the formula",
    "exact: the expected sum of the rewards is the probability of the formula (less what the first "
    "letter already decided)",
    "A discount below 1 that the learner adds, and time limits, are not covered",
    "Kupferman, Vardi, Formal Methods in System Design 2001",
)
_SAFE = Card(
    "exact",
    "-1 on entering the rejecting state of the formula's automaton, no discount",
    "a finite prefix of every violating run refutes the formula",
    "exact: the expected sum of the rewards is the probability of the formula less 1",
    "A discount below 1 that the learner adds, and time limits, are not covered",
    "Kupferman, Vardi, Formal Methods in System Design 2001",
)
AVERAGE = Card(
    "average",
    "1 on every step inside chosen simple accepting components of the environment and the "
    "formula's automaton, else 0; average reward: no discount, a learner of differential values",
    _ASKED,
    "exact in the optimum: the greatest long-run average is the greatest probability of the "
    "formula, and every finite-memory policy that attains the one attains the other",
    "Other policies are not ordered: a policy whose average is nearly the greatest may satisfy the "
    "formula with probability 0. The machine is made for this environment (which transitions are "
    "possible, not how probable). Environments that end episodes are not covered",
    "after Le, Wagner, Witzman, Rabinovich, Ong, NeurIPS 2024",
)


def _gadget(scheme: FormulaScheme) -> Card:
    return Card(
        "gadget",
        "reachability gadget: every accepting edge ends the episode with chance 1 - zeta, and then "
        f"pays 1, zeta = {scheme.zeta}; no discount",
        _UNDECIDED if scheme.method == "auto" else _ASKED,
        "in the limit: for every finite environment there is a zeta' < 1 such that for all zeta > "
        "zeta' a policy that is optimal for the reward is optimal for the formula's probability",
        "At a fixed zeta the expected reward is not that probability, and zeta' is not known "
        f"beforehand. {_CUT}",
        "Hahn, Perez, Schewe, Somenzi, Trivedi, Wojtczak, TACAS 2019",
    )


def _two_discounts(scheme: FormulaScheme) -> Card:
    zeta, discount = scheme.zeta, scheme.discount
    return Card(
        "two-discounts",
        f"two discounts: every accepting edge is discounted by {zeta}, every other by {discount}; "
        f"an accepting edge pays {1 - discount}, or, with chance {1 - zeta / discount}, 1 and ends "
        f"the episode; the learner discounts by {discount}",
        _ASKED,
        "in the limit: as zeta goes to 1 and the other discount, 1 - (1 - zeta)**2, faster, the "
        "expected reward of every finite-memory policy goes to the formula's probability; so in "
        "every finite environment, for zeta close enough to 1, a policy that is optimal for the "
        "reward is optimal for the formula",
        "At a fixed zeta neither the probability nor its optimal policies are preserved, and how "
        f"close is enough is not known beforehand. {_CUT}",
        "Bozkurt, Wang, Zavlanos, Pajic, ICRA 2020",
    )
