"""Rule "action-independent transitions": the value is affine in the policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from specc.chain.chain import Chain, induced
from specc.chain.frequencies import horizon_occupancy, long_run
from specc.chain.reachability import occupancy
from specc.lower import lower, signal_on
from specc.model.graph import Model
from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.stack import Number
from specc.objective.walk import leaves
from specc.verdict.evidence import Realisation
from specc.verdict.question import Question
from specc.verdict.realise.facts import facts
from specc.verdict.realise.found import already
from specc.verdict.realise.means import sum_of
from specc.verdict.realise.memory import choice_signal
from specc.verdict.realise.reduce import Reduced, all_tied, reduced
from specc.verdict.realise.validate import said

__all__ = ["action_independent"]

_RULE = "action-independent transitions"
_LARGEST = 3_000

Weights = dict[int, Fraction]
"""A coefficient per choice of the environment."""


def action_independent(question: Question) -> Iterator[Realisation]:
    """MR; LAR where the policy matters only in states visited for ever."""
    if already(question, "MR") and already(question, "LAR"):
        return
    known = facts(question)
    if known.model.transition_count > _LARGEST or not _independent(
        known.model, known.reachable.tolist()
    ):
        return
    found = reduced(question, spoken=False)
    if all_tied(found.objective) or not isinstance(found.objective, stack.Scalar):
        return
    made = _affine(question, found.objective.number)
    if made is None:
        return
    constant, weights = made
    why = "; ".join(
        (
            *found.why,
            "no action changes where the run goes, so how often each state is visited is fixed, "
            "and the value is a sum over states of a linear function of the policy there",
        )
    )
    chain = _uniform(known.model)
    yield from _markov(question, found, constant, weights, chain, why)
    yield from _average(question, found, constant, weights, chain, why)


def _independent(model: Model, states: Sequence[bool]) -> bool:
    """Whether in each of the states all choices have the same outcomes."""
    choices, starts = model.choice_starts.tolist(), model.transition_starts.tolist()
    targets, kinds = model.successors.tolist(), model.probabilities.values
    index = model.probabilities.index.tolist()
    for state in range(model.state_count):
        if not states[state]:
            continue
        laws = []
        for choice in range(choices[state], choices[state + 1]):
            law: dict[int, Fraction] = {}
            for t in range(starts[choice], starts[choice + 1]):
                law[targets[t]] = law.get(targets[t], Fraction(0)) + kinds[index[t]]
            laws.append(law)
        if any(law != laws[0] for law in laws):
            return False
    return True


def _uniform(model: Model) -> Chain:
    counts = (model.choice_starts[1:] - model.choice_starts[:-1]).tolist()
    return induced(model, [Fraction(1, count) for count in counts for _ in range(count)])


def _affine(question: Question, number: Number) -> tuple[Fraction, Weights] | None:
    """The constant and the coefficient of pi(a | s) for every choice."""
    form = linear_form(number)
    mdp, known = question.mdp, facts(question)
    weights: Weights = {}
    for term, coefficient in form.terms.items():
        match term:
            case stack.PolicyProbability(action, name):
                state = mdp.states.index(name)
                if not known.reachable[state]:
                    return None
                part = {c: Fraction(1) for c in mdp.choices(state) if mdp.actions[c] == action}
            case stack.Expectation(trajectory):
                found = _frequencies(question, trajectory)
                if found is None:
                    return None
                part = found
            case _:
                return None
        for choice, weight in part.items():
            weights[choice] = weights.get(choice, Fraction(0)) + coefficient * weight
    return form.constant, weights


def _frequencies(question: Question, trajectory: Number) -> Weights | None:
    """How often each choice is taken if it is always taken, times what it pays."""
    if any(isinstance(node, stack.PolicyTerm) for node in leaves(trajectory)):
        return None
    match trajectory:
        case stack.Discounted(signal) | stack.Average(signal):
            pass
        case stack.Total(signal, horizon) if horizon is not None:
            pass
        case _:
            return None
    lowered = lower(question.mdp, [trajectory], limit=_LARGEST)
    built, model = lowered.product, lowered.product.model
    if not _independent(model, [True] * model.state_count):
        return None
    rewards = signal_on(lowered, signal, stops=not isinstance(trajectory, stack.Average))
    if rewards is None:
        return None
    chain = _uniform(model)
    match trajectory:
        case stack.Discounted(_, discount):
            visits = occupancy(chain, discount)
        case stack.Average():
            visits = long_run(chain)
        case _:
            visits = horizon_occupancy(chain, trajectory.horizon or 0)
    found: Weights = {}
    choices, starts = model.choice_starts.tolist(), model.transition_starts.tolist()
    for state, share in zip(chain.state.tolist(), visits, strict=True):
        for choice in range(choices[state], choices[state + 1]):
            ts = range(starts[choice], starts[choice + 1])
            mean = sum((model.probabilities[t] * rewards[t] for t in ts), Fraction(0))
            origin = int(built.choice_origin[choice])
            found[origin] = found.get(origin, Fraction(0)) + share * mean
    return found


def _moved(question: Question, constant: Fraction, weights: Weights) -> tuple[Fraction, Weights]:
    """The same affine function with coefficient 0 at every state's first choice."""
    mdp = question.mdp
    gaps: Weights = {}
    for state in range(mdp.state_count):
        choices = mdp.choices(state)
        base = weights.get(choices[0], Fraction(0))
        constant += base
        for choice in choices:
            if gap := weights.get(choice, Fraction(0)) - base:
                gaps[choice] = gap
    return constant, gaps


def _markov(
    question: Question,
    found: Reduced,
    constant: Fraction,
    weights: Weights,
    chain: Chain,
    why: str,
) -> Iterator[Realisation]:
    constant, gaps = _moved(question, constant, weights)
    mdp, discount = question.mdp, Fraction(1, 2)
    sources = mdp.choice_sources().tolist()
    if already(question, "MR") or any(mdp.stopped[sources[choice]] for choice in gaps):
        return
    visits = dict(zip(chain.state.tolist(), occupancy(chain, discount), strict=True))
    rewards = {choice: gap / visits[sources[choice]] for choice, gap in gaps.items()}
    reward = stack.Discounted(choice_signal(question, rewards), discount)
    objective = sum_of(constant, [(Fraction(1), reward)])
    yield said(question, "MR", _RULE, why, objective, found.preserves)


def _average(
    question: Question,
    found: Reduced,
    constant: Fraction,
    weights: Weights,
    chain: Chain,
    why: str,
) -> Iterator[Realisation]:
    constant, gaps = _moved(question, constant, weights)
    sources = question.mdp.choice_sources().tolist()
    shares = dict(zip(chain.state.tolist(), long_run(chain), strict=True))
    if already(question, "LAR") or any(not shares[sources[choice]] for choice in gaps):
        return
    rewards = {choice: gap / shares[sources[choice]] for choice, gap in gaps.items()}
    reward = stack.Average(choice_signal(question, rewards))
    objective = sum_of(constant, [(Fraction(1), reward)])
    yield said(question, "LAR", _RULE, why, objective, found.preserves)
