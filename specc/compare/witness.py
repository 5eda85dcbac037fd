"""Policies that two specs rank differently, as simple as a short search finds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from specc.evaluate import Evaluation
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.verdict.question import Question

__all__ = ["WitnessPolicy", "told_apart"]

_POLICIES = 40
_TRIALS = 120

Pair = tuple[Policy, Policy]


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """A stationary policy with its exact values; ``choices`` is as in policy files, ``a`` and
    ``b`` are what the two specs give it."""

    choices: Mapping[str, Mapping[str, Fraction]]
    a: Evaluation
    b: Evaluation


def told_apart(one: Question, other: Question) -> tuple[WitnessPolicy, WitnessPolicy] | None:
    """Two policies that the questions' specs rank differently, exactly; None: none was found.

    Raises SpecError where a spec has no value at a policy.
    """
    for pair in _pairs(one):
        if one.deadline.passed:
            return None
        if _differs(one, other, pair):
            found = _simpler(one, other, pair)
            if (one.compare(*found) or 0) < 0 or (
                one.compare(*found) == 0 and (other.compare(*found) or 0) < 0
            ):
                found = (found[1], found[0])
            first, second = (_witness(one, other, policy) for policy in found)
            return first, second
    return None


def _pairs(question: Question) -> Iterator[Pair]:
    policies = question.sample(_POLICIES)
    for later, policy in enumerate(policies):
        for earlier in policies[:later]:
            yield policy, earlier


def _differs(one: Question, other: Question, pair: Pair) -> bool:
    left, right = one.compare(*pair), other.compare(*pair)
    return left is not None and right is not None and left != right


def _simpler(one: Question, other: Question, pair: Pair) -> Pair:
    """The pair with as many states as possible where both take the same action."""
    mdp = one.mdp
    trials = 0
    for state in range(mdp.state_count):
        for change in _changes(mdp, pair, state):
            trials += 1
            if trials > _TRIALS or one.deadline.passed:
                return pair
            if _differs(one, other, change):
                pair = change
                break
    return pair


def _changes(mdp: Mdp, pair: Pair, state: int) -> Iterator[Pair]:
    choices = list(mdp.choices(state))
    rows = [[policy.probabilities[c] for c in choices] for policy in pair]
    sure = [[Fraction(int(c == picked)) for c in choices] for picked in choices]
    for row in sure:
        if rows != [row, row]:
            yield _with(pair[0], choices, row), _with(pair[1], choices, row)
    if rows[0] != rows[1]:
        yield pair[0], _with(pair[1], choices, rows[0])
        for number, row in enumerate(sure):
            for other in sure[:number]:
                yield _with(pair[0], choices, row), _with(pair[1], choices, other)


def _with(policy: Policy, choices: list[int], row: list[Fraction]) -> Policy:
    chances = list(policy.probabilities)
    for choice, chance in zip(choices, row, strict=True):
        chances[choice] = chance
    return Policy(tuple(chances))


def _witness(one: Question, other: Question, policy: Policy) -> WitnessPolicy:
    mdp = one.mdp
    choices = {
        name: {
            mdp.actions[c]: policy.probabilities[c]
            for c in mdp.choices(state)
            if policy.probabilities[c]
        }
        for state, name in enumerate(mdp.states)
    }
    return WitnessPolicy(choices, one.evaluation(policy), other.evaluation(policy))
