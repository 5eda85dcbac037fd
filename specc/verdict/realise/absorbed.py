"""Rule "decided where it is absorbed": limit averages, and formulas about the limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import numpy as np

from specc.automata.formula import Atom, Connective
from specc.lower import Lowered, lower, signal_on
from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.two_valued import guard_text
from specc.solve.end_components import end_components
from specc.verdict.evidence import Realisation
from specc.verdict.question import Question
from specc.verdict.realise.decided import Limits, limits
from specc.verdict.realise.facts import facts
from specc.verdict.realise.found import already
from specc.verdict.realise.means import Mean, Term, is_markov, mean, shortened, sum_of
from specc.verdict.realise.potential import (
    form_of_product,
    form_of_unrolled,
    potential,
    solve_any,
)
from specc.verdict.realise.products import small_product
from specc.verdict.realise.validate import said
from specc.written.tables import transition_signal

__all__ = ["decided_where_absorbed"]

_RULE = "decided where it is absorbed"
_LARGEST = 200_000
_POTENTIALS = 3_000

Table = dict[int, Fraction]
"""A number per transition of the environment; 0 for the others."""
Made = tuple[Fraction, Table]
"""A constant and a reward: the constant plus the limit average is a term's mean."""


def decided_where_absorbed(question: Question) -> Iterator[Realisation]:
    """LAR; and LTL where the end component that is reached decides between two values."""
    found = mean(question)
    if found is None:
        return
    if already(question, "LAR") and already(question, "LTL"):
        return
    made = _average(question, found)
    if made is None:
        return
    constant, rewards = made
    if not already(question, "LAR"):
        signal = transition_signal(question.mdp, rewards)
        objective = sum_of(constant, [(Fraction(1), stack.Average(signal))])
        why = found.because(
            "where a run ends, and how often it takes which transitions there, decides it"
        )
        yield said(question, "LAR", _RULE, why, objective, found.preserves)
    worth = _settled(question, rewards)
    if worth is None:
        return
    if len(set(worth.values())) == 1:
        tied = stack.Scalar(stack.Constant(constant + next(iter(worth.values()))))
        why = found.because("wherever a run ends, the value is the same")
        for formalism in ("MR", "LTL"):
            yield said(question, formalism, _RULE, why, tied, found.preserves)
    elif len(set(worth.values())) == 2 and not already(question, "LTL"):
        why = found.because(
            "the end component of the environment in which a run ends decides it, in the mean, "
            "and only two values occur"
        )
        formula = _formula(question, constant, worth)
        yield said(question, "LTL", _RULE, why, formula, found.preserves)


# -- limit averages


def _average(question: Question, found: Mean) -> tuple[Fraction, list[Fraction]] | None:
    """A constant and a reward per transition: the constant plus the limit average is the mean."""
    constant = found.constant
    total: Table = {}
    for term in found.terms:
        made = _term(question, term)
        if made is None:
            return None
        start, table = made
        constant += term.coefficient * start
        for transition, value in table.items():
            total[transition] = total.get(transition, Fraction(0)) + term.coefficient * value
    return constant, [total.get(t, Fraction(0)) for t in range(question.mdp.transition_count)]


def _term(question: Question, term: Term) -> tuple[Fraction, Table] | None:
    """A constant and a reward per transition whose limit average, added, is the term's mean."""
    match term.trajectory:
        case stack.Average(signal) if is_markov(signal):
            lowered = lower(question.mdp, [], limit=_LARGEST)
            rewards = signal_on(lowered, signal, stops=False)
            if rewards is None:
                return None
            origin = lowered.product.origin.tolist()
            return Fraction(0), dict(zip(origin, rewards.exact(), strict=True))
        case stack.Total(signal, None):
            return _settling(question, term.trajectory, signal) or _ends(question, term)
        case stack.Discounted() | stack.Total():
            return _ends(question, term)
    lowered = small_product(question.mdp, term.trajectory, _LARGEST)
    known = limits(lowered, term.trajectory)
    if known is None:
        return _ends(question, term)
    worth = _by_component(question, lowered, known)
    if worth is not None:
        return Fraction(0), _inside(question, worth)
    table = _balanced(question, term, lowered, known)
    return _ends(question, term) if table is None else (Fraction(0), table)


def _by_component(
    question: Question, lowered: Lowered, known: Limits
) -> dict[int, Fraction] | None:
    """The value that every run gets that ends in an end component of the environment; None
    where for some component that is not one value."""
    component = facts(question).parts.component
    product_part = known.parts.component
    inside = np.flatnonzero(product_part >= 0)
    worth: dict[int, Fraction] = {}
    pairs = zip(
        product_part[inside].tolist(),
        component[lowered.product.state[inside]].tolist(),
        strict=True,
    )
    for part, home in set(pairs):
        value = known.value[part]
        if value is None or worth.setdefault(home, value) != value:
            return None
    return worth


def _inside(question: Question, worth: Mapping[int, Fraction]) -> Table:
    """The worth of a component on the transitions into its states."""
    component = facts(question).parts.component
    homes = component[question.mdp.successors].tolist()
    return {t: worth[home] for t, home in enumerate(homes) if worth.get(home)}


def _balanced(question: Question, term: Term, lowered: Lowered, known: Limits) -> Table | None:
    """A reward whose average in every end component of the product is the term's, by potentials
    inside the components (a transition from one to another is taken finitely often)."""
    rewards = None
    if isinstance(term.trajectory, stack.Average):
        rewards = signal_on(lowered, term.trajectory.signal, stops=False)
    built, model = lowered.product, lowered.product.model
    if model.transition_count > _POTENTIALS:
        return None
    if rewards is None and None in known.value:
        return None
    choices, starts = model.choice_starts.tolist(), model.transition_starts.tolist()
    kept = np.flatnonzero(known.parts.choices)
    place: dict[int, int] = {}
    for choice in kept.tolist():
        place.setdefault(int(built.choice_origin[choice]), len(place))
    shift = len(place)
    equations: list[dict[int, Fraction]] = []
    right: list[Fraction] = []
    for state in range(model.state_count):
        for choice in range(choices[state], choices[state + 1]):
            if not known.parts.choices[choice]:
                continue
            mean = known.value[int(known.parts.component[state])] if rewards is None else None
            equation = {
                place[int(built.choice_origin[choice])]: Fraction(1),
                shift + state: Fraction(1),
            }
            paid = Fraction(0)
            for t in range(starts[choice], starts[choice + 1]):
                column = shift + int(model.successors[t])
                chance = model.probabilities[t]
                equation[column] = equation.get(column, Fraction(0)) - chance
                if rewards is not None:
                    paid += chance * rewards[t]
            equations.append(equation)
            right.append(paid if mean is None else mean)
    solution = solve_any(equations, right, shift + model.state_count, question.deadline)
    if solution is None:
        return None
    mdp = question.mdp
    return {
        t: solution[column]
        for choice, column in place.items()
        for t in mdp.transitions(choice)
        if solution[column]
    }


def _ends(question: Question, term: Term) -> tuple[Fraction, Table] | None:
    """A bounded number whose mean is that of a number of the component in which the run ends: a
    potential that no policy changes, in the mean, while gains are paid."""
    steps = shortened(question, term.trajectory)
    if steps is None or any(node.lasting for node in steps.nodes):
        return None
    form, over = form_of_unrolled(question.mdp, steps, lambda node, gain: gain)
    solved = potential(form, Fraction(1), lambda choice: True, question.deadline)
    if solved is None:
        return None
    height, _ = solved
    constant = steps.start + sum((p * height[n] for n, p in form.roots), Fraction(0))
    component = facts(question).parts.component
    targets = question.mdp.successors.tolist()
    table = {
        t: -height[over[target]]
        for t, target in enumerate(targets)
        if component[target] >= 0 and target in over and height[over[target]]
    }
    return constant, table


def _settling(question: Question, total: Number, signal: Number) -> Made | None:
    """A total over all time that settles, in the same way: inside end components it pays 0."""
    lowered = small_product(question.mdp, total, _LARGEST)
    rewards = signal_on(lowered, signal, stops=True)
    if rewards is None or lowered.product.model.transition_count > _LARGEST:
        return None
    form = form_of_product(lowered, rewards)
    solved = potential(form, Fraction(1), lambda choice: True, question.deadline)
    if solved is None:
        return None
    height, _ = solved
    home = facts(question).parts.component
    inside = end_components(lowered.product.model).component >= 0
    worth: dict[int, Fraction] = {}
    for node in np.flatnonzero(inside).tolist():
        place = int(home[lowered.product.state[node]])
        if worth.setdefault(place, -height[node]) != -height[node]:
            return None
    constant = sum((p * height[n] for n, p in form.roots), Fraction(0))
    return constant, _inside(question, worth)


# -- formulas


def _settled(question: Question, rewards: list[Fraction]) -> dict[int, Fraction] | None:
    """The one reward of every maximal end component of the environment; None where one has
    several."""
    mdp, parts = question.mdp, facts(question).parts
    kept = parts.choices[mdp.transition_choices()].tolist()
    homes = parts.component[mdp.transition_sources()].tolist()
    worth: dict[int, Fraction] = {}
    for t, home in enumerate(homes):
        if kept[t] and worth.setdefault(home, rewards[t]) != rewards[t]:
            return None
    return worth


def _formula(question: Question, constant: Fraction, worth: dict[int, Fraction]) -> stack.Scalar:
    """The formula "it ends where the worth is the higher one"."""
    low, high = sorted(set(worth.values()))
    homes = facts(question).parts.component.tolist()
    names = question.mdp.states
    best = [stack.Here(names[s]) for s, home in enumerate(homes) if worth.get(home) == high]
    guard: stack.Guard = best[0] if len(best) == 1 else stack.AnyOf(tuple(best))
    inside = Connective("F", (Connective("G", (Atom(guard_text(guard)),)),))
    event = stack.Satisfaction(inside, ((guard_text(guard), guard),))
    return sum_of(constant + low, [(high - low, event)])
