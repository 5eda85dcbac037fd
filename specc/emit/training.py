"""How an objective is trained on: the interface, the scheme, and what the scheme preserves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from specc.diagnostics import MissingExtra, SpecError
from specc.emit.plan import (
    FormulaScheme,
    FunctionalScheme,
    Interface,
    NoScheme,
    ReturnScheme,
    SignalScheme,
)
from specc.emit.planned import plan
from specc.objective import stack
from specc.objective.walk import leaves

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["Training", "training"]


@dataclass(frozen=True, slots=True)
class Training:
    """The JSON's ``training``: all three are texts for people; ``interface`` is one of four."""

    interface: Interface
    scheme: str
    guarantee: str


_COMPARED = (
    "a comparator of batches of episodes, or of policies; each component has its own scheme",
    "exact for policies of finite environments. Batches compare by simultaneous confidence "
    "intervals of each component in turn (Welch's t, valid for many episodes); ties need a "
    "tolerance, as no sample shows that two means are equal. No one reward stands for the order: "
    "train on one component after the other, holding the earlier ones within a threshold (Skalse, "
    "Hammond, Griffin, Abate, IJCAI 2022).",
)
_CRITERIA = {
    "total": "no discount",
    "average": "average reward: no discount, a learner of differential values",
}


def training(spec: Spec, seconds: float | None = None) -> Training:
    """How the spec is trained on; never raises for an objective without a reward per step.

    ``seconds`` bounds the translation of its formula (None: the translator's own budget).

    :raises SpecError: E816 the scheme that was asked for does not fit the objective.

    >>> from specc.resolve.file import load_text
    >>> file = load_text("spec s = E[discounted([goal], 0.9)]")
    >>> training(file["s"]).scheme
    'the reward itself; the learner discounts by 9/10'
    """
    planned = plan(spec)
    if planned.interface == "comparison":
        return Training(planned.interface, *_COMPARED)
    match planned.scheme:
        case SignalScheme(event=event) as scheme if event is None:
            return Training(planned.interface, *_signal(scheme))
        case SignalScheme():
            from specc.emit.schemes.cards import AVERAGE

            return Training(planned.interface, AVERAGE.reward, AVERAGE.guarantee)
        case FormulaScheme() as scheme:
            return Training(planned.interface, *_formula(scheme, seconds))
        case ReturnScheme(number, horizon):
            undecided = _undecided(number)
            if undecided:
                return Training(planned.interface, "none", undecided)
            ends = "" if horizon is None else f"; the episode ends after {horizon} steps"
            return Training(
                planned.interface,
                f"increments f(t+1) - f(t) of the number of the run, no discount{ends}",
                "exact: the increments of a run add up to its number, less the number's value "
                "before the first step (telescoping). The optimal policy may need the memory of "
                "the number beside the observation.",
            )
        case FunctionalScheme() as scheme:
            from specc.emit.functional.card import functional_card

            unpaid = _unpaid(scheme, seconds)
            if unpaid:
                return Training(planned.interface, "none", unpaid)
            return Training(planned.interface, *functional_card(scheme))
        case NoScheme(reason, instead):
            return Training(
                planned.interface, "none", f"no reward per step: {reason}. Instead: {instead}."
            )
        case _:
            assert_never(planned.scheme)


def _unpaid(scheme: FunctionalScheme, seconds: float | None) -> str:
    """Why a number inside has no reward: a formula that has one only alone, or none."""
    from specc.automata.translate import Budget
    from specc.emit.controller import formula_controller

    for part in scheme.parts:
        if isinstance(part.scheme, ReturnScheme) and (why := _undecided(part.scheme.number)):
            return why
        if isinstance(part.scheme, FormulaScheme):
            budget = None if seconds is None else Budget(seconds=seconds)
            try:
                control, _ = formula_controller(part.scheme, budget)
            except (MissingExtra, SpecError) as error:
                return f"the automaton of a formula in it is not known: {error}"
            if control.jump_count:
                return (
                    "no reward per step: a formula inside needs epsilon actions, and so is paid "
                    "alone. Instead: a formula with a deterministic Buechi automaton."
                )
    return ""


def _undecided(number: stack.Number) -> str:
    """Why increments do not exist: a formula that only the whole infinite run decides."""
    from specc.emit.controller import formula_controller

    for node in leaves(number):
        if isinstance(node, stack.Satisfaction):
            try:
                _, kind = formula_controller(FormulaScheme(node))
            except (MissingExtra, SpecError) as error:
                return f"the automaton of a formula in it is not known: {error}"
            if kind == "buchi":
                return (
                    "no reward per step: it is a function of a formula's verdict that no finite "
                    "part of a run decides. Instead: train on the formula alone."
                )
    return ""


def _signal(scheme: SignalScheme) -> tuple[str, str]:
    how = _CRITERIA.get(scheme.criterion, f"the learner discounts by {scheme.discount}")
    if scheme.horizon is not None:
        how += f", the episode ends after {scheme.horizon} steps"
    guarantee = "exact: the expected sum of the rewards orders policies as the objective does."
    if scheme.criterion == "average":
        guarantee = (
            "exact on runs that never end: the long-run average of the rewards orders policies as "
            "the objective does. Where the environment ends episodes, what is trained is the "
            "average until then."
        )
    if scheme.regulariser:
        how += f"; the learner adds {scheme.regulariser}"
        guarantee += f" The policy term {scheme.regulariser} is not in the reward."
    return f"the reward itself; {how}", guarantee


def _formula(scheme: FormulaScheme, seconds: float | None) -> tuple[str, str]:
    from specc.automata.translate import Budget
    from specc.emit.schemes.cards import formula_card

    budget = None if seconds is None else Budget(seconds=seconds)
    try:
        found = formula_card(scheme, budget)
    except MissingExtra as error:
        return "an automaton's reward", f"not known before the automaton is built: {error}"
    except SpecError as error:
        first = error.diagnostics[0]
        if first.code == "E501":
            return "an automaton's reward", f"not known within the budget: {first.message}"
        return "none", first.message
    return found.reward, found.guarantee
