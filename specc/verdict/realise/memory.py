"""Rule "redundant memory": a potential takes the memory out of a reward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from specc.lower import signal_on
from specc.objective import stack
from specc.objective.stack import Number
from specc.verdict.evidence import Realisation
from specc.verdict.question import Question
from specc.verdict.realise.found import already
from specc.verdict.realise.means import (
    Mean,
    Term,
    discounts_to_try,
    is_markov,
    mean,
    paid_at,
    shortened,
    stopped_pays,
    sum_of,
)
from specc.verdict.realise.potential import Form, form_of_product, form_of_unrolled, potential
from specc.verdict.realise.products import small_product
from specc.verdict.realise.unroll import OVER
from specc.verdict.realise.validate import said
from specc.written.tables import transition_signal

__all__ = ["choice_signal", "redundant_memory", "unpaid"]

_RULE = "redundant memory"
_LARGEST = 120_000


def redundant_memory(question: Question) -> Iterator[Realisation]:
    """MR, by a potential for every term."""
    found = mean(question)
    if found is None or already(question, "MR"):
        return
    first = _first_step(question, found)
    if first is not None:
        why = found.because("the first transition decides it, as far as any policy matters")
        yield said(question, "MR", _RULE, why, first, found.preserves)
        return
    for discount in discounts_to_try(found):
        objective = _by_potentials(question, found, discount)
        if objective is not None:
            why = found.because(
                "what the memory adds to a reward of the environment's own transitions "
                "telescopes: a potential shows it at every reachable state and memory"
            )
            yield said(question, "MR", _RULE, why, objective, found.preserves)
            return


def unpaid(question: Question) -> Callable[[int], bool]:
    """The choices in states where the episode is over: discounted sums pay nothing there."""
    mdp = question.mdp
    over = mdp.stopped[mdp.choice_sources()].tolist()
    return lambda choice: bool(over[choice])


def choice_signal(question: Question, rewards: dict[int, Fraction]) -> Number:
    """The signal with these values per choice of the environment, 0 for all others."""
    mdp = question.mdp
    of = mdp.transition_choices().tolist()
    return transition_signal(mdp, [rewards.get(c, Fraction(0)) for c in of])


def _first_step(question: Question, found: Mean) -> stack.Scalar | None:
    """All is gained on the first transition: discount 0."""
    mdp = question.mdp
    values = [Fraction(0)] * mdp.transition_count
    constant = found.constant
    for term in found.terms:
        match term.trajectory:
            case stack.Discounted(_, discount) if discount:
                return None
        steps = shortened(question, term.trajectory)
        if steps is None or stopped_pays(mdp, steps) or any(node.time for node in steps.nodes):
            return None
        constant += term.coefficient * steps.start
        for root in steps.roots:
            if root != OVER:
                for row in steps.nodes[root].rows:
                    for step in row:
                        values[step.transition] += term.coefficient * step.gain
    signal = transition_signal(mdp, values)
    return sum_of(constant, [(Fraction(1), stack.Discounted(signal, Fraction(0)))])


def _by_potentials(question: Question, found: Mean, discount: Fraction) -> stack.Scalar | None:
    constant = found.constant
    parts: list[tuple[Fraction, Number]] = []
    for term in found.terms:
        match term.trajectory:
            case stack.Discounted(signal, own) if own == discount and is_markov(signal):
                parts.append((term.coefficient, term.trajectory))
                continue
        made = _form(question, term, discount)
        if made is None:
            return None
        form, start = made
        solved = potential(form, discount, unpaid(question), question.deadline)
        if solved is None:
            return None
        height, rewards = solved
        mean_height = sum((chance * height[n] for n, chance in form.roots), Fraction(0))
        constant += term.coefficient * (start + mean_height)
        signal = choice_signal(question, rewards)
        parts.append((term.coefficient, stack.Discounted(signal, discount)))
    return sum_of(constant, parts)


def _form(question: Question, term: Term, discount: Fraction) -> tuple[Form, Fraction] | None:
    """The term as a reward with memory under this discount, and a constant beside it."""
    mdp = question.mdp
    match term.trajectory:
        case stack.Discounted(signal, own) if own == discount:
            lowered = small_product(mdp, term.trajectory, _LARGEST)
            rewards = signal_on(lowered, signal, stops=True)
            if rewards is None or lowered.product.model.transition_count > _LARGEST:
                return None
            return form_of_product(lowered, rewards), Fraction(0)
    steps = shortened(question, term.trajectory)
    if steps is None or stopped_pays(mdp, steps):
        return None
    form, _ = form_of_unrolled(mdp, steps, paid_at(discount))
    return form, steps.start
