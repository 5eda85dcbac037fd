"""What to ask a model checker about the product of an environment with a reward's memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit.compiled_model import exact_rewards
from specc.emit.controller import formula_controller
from specc.emit.plan import FormulaScheme, ReturnScheme, SignalScheme
from specc.emit.planned import plan
from specc.emit.prism_stops import model_of, stops
from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.walk import outermost

if TYPE_CHECKING:
    from specc.emit.tables import Product
    from specc.resolve.file import Spec

__all__ = ["Question", "question", "summed"]


@dataclass(frozen=True, slots=True)
class Question:
    """``text`` is the property, ``told`` what its value is, for people.

    ``reward(memory, transition)`` is exact where the spec's is rational. ``continues`` is the
    chance that a step does not lead to `over` (the discount), ``zeta`` that of an accepting edge
    not to end the episode with reward 1 (1: the scheme draws nothing); ``drawn``: such ends are in
    the model. ``marks``: accepting edges are. ``verdict[memory]`` is what the word so far decides;
    empty where that is not asked. ``structure`` names the rewards, ``loss`` where they are negated;
    ``over`` are the nodes that count as over, if any. Where there are ``stops``, they alone pay:
    actions that end the run at a node. An empty ``text``: a sum of rewards, see :func:`summed`.
    """

    text: str
    told: tuple[str, ...]
    reward: Callable[[int, int], Fraction]
    continues: Fraction = Fraction(1)
    zeta: Fraction = Fraction(1)
    drawn: bool = False
    marks: bool = False
    verdict: tuple[bool | None, ...] = ()
    structure: str = "reward"
    over: tuple[int, ...] = ()
    stops: Mapping[int, Fraction] = field(default_factory=dict)


def question(spec: Spec, made: Product) -> Question:
    """The question that a spec's scheme asks.

    :raises SpecError: as :func:`specc.emit.tables.product_tables`, which made ``made``.
    """
    reward, rational = exact_rewards(spec, made.mdp)
    told = () if rational else ("Some rewards are irrational; here they are doubles.",)
    match plan(spec).scheme:
        case FormulaScheme() as scheme:
            return _formula(spec, scheme, Question("", told, reward))
        case SignalScheme(criterion="average", event=event):
            stands = () if event is None else ("Its greatest value is that of the formula.",)
            said = (*_relation(spec), *stands)
            return Question('R{"reward"}max=? [ LRA ]', (*told, *said), reward)
        case SignalScheme(discount=discount, criterion="discounted"):
            meant = f"The discount {discount} is the chance not to go to `over`."
            text = 'R{"reward"}max=? [ F "over" ]'
            return Question(text, (*told, *_relation(spec), meant), reward, discount)
        case SignalScheme() | ReturnScheme():
            return Question("", (*told, *_relation(spec)), reward)
        case _:
            raise AssertionError("product_tables refuses the others")


def _formula(spec: Spec, scheme: FormulaScheme, base: Question) -> Question:
    controller, kind = formula_controller(scheme)
    if kind != "buchi":
        text = 'Pmax=? [ F "satisfied" ]' if kind == "co-safe" else 'Pmax=? [ G !"violated" ]'
        told = (*base.told, *_relation(spec))
        return replace(base, text=text, told=told, verdict=controller.verdict)
    zeta = scheme.zeta / scheme.discount
    if scheme.method == "auto":
        said = (
            "The rewards are what the scheme `gadget` pays on average; that it ends episodes is",
            "not in the model (`--scheme gadget` puts it there).",
        )
        told = (*base.told, *_relation(spec), *said)
        return replace(base, text='Pmax=? [ G F "accepting" ]', told=told, zeta=zeta, marks=True)
    said = (f"Its value is the greatest of the reward `{scheme.method}`, zeta = {scheme.zeta},",
            "whose end of an episode is the state `over`.")  # fmt: skip
    return replace(base, told=(*base.told, *said), continues=scheme.discount, zeta=zeta, drawn=True)


def _relation(spec: Spec) -> tuple[str, ...]:
    """How the spec's optimum follows from the property's value."""
    found = relation(spec)
    if found is None:
        return ("It orders policies as the spec does, on a scale of its own.",)
    factor, offset = found
    value = "the property's value" if factor == 1 else f"{factor} times the property's value"
    return (f"The spec's optimum is {value}{f' plus {offset}' if offset else ''}.",)


def relation(spec: Spec) -> tuple[Fraction, Fraction] | None:
    """(factor, offset) with optimum = factor * property + offset; None where it is not linear."""
    planned = plan(spec)
    objective, scheme = planned.inference.objective, planned.scheme
    if not isinstance(objective, stack.Scalar):
        return None
    form = linear_form(objective.number)
    if not all(isinstance(term, stack.Expectation) for term in form.terms):
        return None
    match scheme:
        case FormulaScheme():
            ((_, weight),) = form.terms.items()
            return abs(weight), form.constant + min(weight, Fraction(0))
        case SignalScheme(terms=None):
            return Fraction(1), form.constant
        case ReturnScheme(number):
            start = _before(spec, number)
            return None if start is None else (Fraction(1), form.constant + start)
        case _:
            return None


def _before(spec: Spec, number: stack.Number) -> Fraction | None:
    """The number's value before the first step, on average over starts."""
    from specc.emit.tables import finite_model
    from specc.emit.verdicts import with_running_verdicts
    from specc.telescope import telescope

    running = with_running_verdicts(number)
    found = telescope(finite_model(spec), running, outermost(running, stack.TRAJECTORY_LAYER))
    return found.start_low if found.start_low == found.start_high else None


def summed(
    asked: Question, made: Product, paid: Sequence[Fraction], gains: Sequence[Fraction]
) -> Question:
    """The question for the sum of all rewards, ``paid`` by choice and ``gains`` by outcome; model
    checkers add up rewards of one sign, or until a state that is surely reached.

    :raises SpecError: E812 neither is the case, and the sum is no number of where a run stays.
    """
    if asked.text:
        return asked
    signs = np.array([(p > 0) - (p < 0) for p in paid], dtype=np.int64)
    quiet = _quiet(made, signs != 0)
    if asked.continues < 1 or (not asked.drawn and _surely(made, quiet)):
        over = () if asked.continues < 1 else tuple(np.flatnonzero(quiet).tolist())
        return replace(asked, text='R{"reward"}max=? [ F "over" ]', over=over)
    if (signs >= 0).all():
        return replace(asked, text='R{"reward"}max=? [ C ]')
    if (signs <= 0).all():
        said = "The rewards are negated here, and so is the property's value."
        text = 'R{"loss"}min=? [ C ]'
        return replace(asked, text=text, told=(*asked.told, said), structure="loss")
    return _stopping(asked, stops(made, gains))


def _stopping(asked: Question, found: Mapping[int, Fraction] | None) -> Question:
    if found is None:
        raise SpecError.of(
            "E812",
            "this reward pays both signs for as long as the policy likes, which no property of "
            "PRISM's language sums up",
            help="use the target `drn` or `json`, or give the objective a horizon",
        )
    shift = -min(found.values())
    said = (
        "The action `stop` ends a run that would stay where it is, and pays what its rewards have",
        f"added up to, plus {shift}: subtract that from the property's value.",
    )
    worth = {node: total + shift for node, total in found.items()}
    text = 'R{"worth"}max=? [ C ]'
    return replace(asked, text=text, told=(*asked.told, *said), structure="worth", stops=worth)


def _owners(made: Product) -> NDArray[np.int64]:
    """The node of every outcome's choice."""
    choices = np.repeat(np.arange(len(made.nodes)), np.diff(made.action_starts))
    return np.repeat(choices, np.diff(made.outcome_starts))


def _quiet(made: Product, loud: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The nodes behind which no choice pays."""
    choices = np.repeat(np.arange(len(made.nodes)), np.diff(made.action_starts))
    reaches = np.zeros(len(made.nodes), dtype=np.bool_)
    reaches[choices[loud]] = True
    owners = _owners(made)
    while True:
        more = reaches.copy()
        more[owners[reaches[made.targets]]] = True
        if (more == reaches).all():
            return ~reaches
        reaches = more


def _surely(made: Product, quiet: NDArray[np.bool_]) -> bool:
    """Whether every policy comes to a quiet node with probability 1."""
    from specc.solve.end_components import end_components

    choices = np.repeat(np.arange(len(made.nodes)), np.diff(made.action_starts))
    return end_components(model_of(made), ~quiet[choices]).count == 0
