"""The story of a refutation: which policies, what every spec of the formalism obeys, and how
this one breaks it. Everything is read from the statement and the certificate that the kernel
accepted, and valued by the kernel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from specc.kernel import read_statement
from specc.kernel.germ import Germ
from specc.kernel.logs import Logs
from specc.kernel.statement import Statement, read_policy
from specc.kernel.values import Valuation, compare
from specc.verdict.evidence import Refutation

__all__ = ["Actor", "Story", "story"]

Choices = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Actor:
    """A policy of the story: its name, what it does in every state (probabilities as texts), and
    what this spec gives it."""

    name: str
    choices: Choices
    value: str


@dataclass(frozen=True, slots=True)
class Story:
    """``law`` is what every spec of the formalisms obeys, ``breach`` how this one does not."""

    formalisms: tuple[str, ...]
    kind: str
    actors: tuple[Actor, ...]
    law: str
    breach: str


def story(refutation: Refutation, formalisms: Sequence[str] = ()) -> Story:
    """The story of a refutation that speaks of these formalisms (default: its own)."""
    claim = read_statement(refutation.statement.encode("ascii"))
    proof = json.loads(refutation.certificate)
    cast = _cast(claim, proof)
    law, breach = _plot(refutation.kind, claim, proof, cast)
    return Story(tuple(formalisms) or (refutation.formalism,), refutation.kind, cast, law, breach)


_SPECIAL = ("family", "reference", "lower", "upper")


def _cast(claim: Statement, proof: Mapping[str, Any]) -> tuple[Actor, ...]:
    found = []
    for number, policy in enumerate(proof.get("policies", ())):
        found.append(_actor(claim, f"pi{number + 1}", policy))
    for name in _SPECIAL:
        if name in proof:
            found.append(_actor(claim, name, proof[name]))
    if "family" in proof:
        found.insert(1, _actor(claim, "limit", _limit(proof["family"])))
    return tuple(found)


def _limit(family: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the family is at e = 0."""
    return {
        state: {
            action: chance if isinstance(chance, str) else chance[0]
            for action, chance in row.items()
            if (chance if isinstance(chance, str) else chance[0]) != "0"
        }
        for state, row in family.items()
    }


def _actor(claim: Statement, name: str, written: Any) -> Actor:
    policy = read_policy(written, claim.environment, "policy")
    choices = {
        state: {action: _number(chance) for action, chance in row.items()}
        for state, row in policy.items()
    }
    valuation = Valuation(claim.environment, claim.spec, policy)
    if not all(map(valuation.condition, claim.spec.constraints)):
        return Actor(name, choices, "infeasible")
    values = [_number(valuation.value(number)) for number in claim.spec.numbers]
    return Actor(name, choices, values[0] if len(values) == 1 else f"({', '.join(values)})")


def _number(value: object) -> str:
    """A rational, a polynomial in e, or a sum of logarithms, exactly."""
    match value:
        case Fraction():
            return str(value)
        case Germ(above, below):
            top, bottom = _polynomial(above), _polynomial(below)
            return top if bottom == "1" else f"({top})/({bottom})"
        case Logs(rational, terms):
            return _logarithms(rational, terms)
        case _:
            return "irrational"


def _logarithms(rational: object, terms: Sequence[tuple[int, object]]) -> str:
    """``1/2 log 3 - log 2``, the rational part first."""
    parts = [] if rational == 0 else [_number(rational)]
    parts += [f"{'' if c == 1 else f'{_number(c)} '}log {n}" for n, c in terms]
    return " + ".join(parts).replace("+ -1 log", "- log").replace("+ -", "- ")


def _polynomial(coefficients: Sequence[Fraction]) -> str:
    terms = []
    for power, coefficient in enumerate(coefficients):
        if coefficient:
            unit = "" if power == 0 else "e" if power == 1 else f"e^{power}"
            size = "" if unit and abs(coefficient) == 1 else str(abs(coefficient))
            sign = "-" if coefficient < 0 else "+"
            terms.append(f"{sign} {size + (' ' if size and unit else '') + unit}")
    text = " ".join(terms) or "0"
    return text.removeprefix("+ ") if text[0] == "+" else text.replace("- ", "-", 1)


def _plot(
    kind: str, claim: Statement, proof: Mapping[str, Any], cast: Sequence[Actor]
) -> tuple[str, str]:
    """The law and how it is broken."""
    match kind:
        case "C1 farkas":
            return _sum(
                claim,
                proof,
                "The value is linear in how often, discounted, each transition is taken"
                if claim.formalism != "LAR"
                else "The value is linear in how often each transition is taken in the long run",
            )
        case "C2 mixture":
            return _sum(claim, proof, "The value is a mean over runs, so linear in their lottery")
        case "C3 zero-one":
            return (
                "The value is the probability of a set of runs: each run is in it or not.",
                f"These policies have few runs, and no set of them gives {_claims(proof)}.",
            )
        case "C4a infinitesimal ties":
            i, j = (f"pi{n + 1}" for n in proof["pair"])
            return (
                "The value is f(J), J one Markov reward's value: where a small change of the "
                "policy leaves the value as it is, it leaves J as it is, and J is linear in how "
                "often transitions are taken, so such ties add up.",
                f"Small changes that tie here add up to the step from {i} to {j}, "
                "which are not tied.",
            )
        case "C4b range":
            return (
                "The value is f(J), J one Markov reward's value, which is continuous and takes "
                "its extremes at deterministic policies: on a connected set through all of these "
                "it takes every value that it has.",
                "Here the value is the same on such a set, and another at "
                f"pi{proof['outside'] + 1}.",
            )
        case "C5 limit":
            return _limits(claim, proof)
        case "C6 jump family":
            return (
                "The value is one real number, and between real numbers there is no room for "
                "uncountably many disjoint gaps.",
                "For every small e, upper is above lower, and below lower for any larger e: "
                "a gap for each of uncountably many e.",
            )
        case "C7 same lottery" | "C7 same limit occupancy":
            i, j = (f"pi{n + 1}" for n in proof["pair"])
            what = (
                "the same runs with the same probabilities"
                if kind == "C7 same lottery"
                else "every transition equally often in the long run"
            )
            return f"Policies that have {what} are tied.", f"{i} and {j} do, and are not tied."
        case "C8 few values":
            return (
                "A quantile is the number of one of the runs, so it takes no more values than "
                "there are runs.",
                "Each of these policies is strictly below the next, and there are more policies "
                "than runs.",
            )
        case "C9 same visits":
            i, j = (f"pi{n + 1}" for n in proof["pair"])
            return (
                "The value is the mean of a function of the set of transitions that are ever made.",
                f"Under {i} and {j} that set has the same law, and they are not tied.",
            )
        case "C9 more visits":
            return (
                "To visit more is never worse: a policy that goes on choosing at "
                f"`{proof['state']}` is worth at least the mean of those that stick to one choice.",
                f"Here pi{proof['mixed'] + 1} chooses anew each time, and none of the others is "
                "below it while one is above.",
            )
        case "C9 covered visits":
            return (
                "The value is the largest reward on the way: a run is worth no more than the best "
                "of some runs that together make all of its transitions.",
                f"pi{proof['above'] + 1} makes no other transitions than those below it, and is "
                "above them all.",
            )
        case "C10 reversal":
            i, j = (f"pi{n + 1}" for n in proof["kept"])
            k, m = (f"pi{n + 1}" for n in proof["reversed"])
            return (
                f"From `{proof['state']}` on, the better way to go on is the better one however "
                "one came there.",
                f"{i} and {j} differ only from there on, and so do {k} and {m}, in the same way; "
                f"but {i} is above {j}, and {k} below {m}.",
            )
        case _:
            raise AssertionError(kind)


def _claims(proof: Mapping[str, Any]) -> str:
    return ", ".join(
        f"pi{c['better'] + 1} {'>' if c['strict'] else '='} pi{c['worse'] + 1}"
        for c in proof["comparisons"]
    )


def _sum(claim: Statement, proof: Mapping[str, Any], law: str) -> tuple[str, str]:
    """An identity between the policies; in numbers where its multipliers are constants."""
    multipliers = _constants(proof)
    if multipliers is None:
        identity = "the comparisons below, weighted by positive functions of the discount, cancel"
    else:
        identity = _identity(proof, multipliers)
    return f"{law}, and {identity}.", f"But here {_claims(proof)}."


def _constants(proof: Mapping[str, Any]) -> list[Fraction] | None:
    if "multipliers" in proof:
        return [Fraction(m) for m in proof["multipliers"]]
    if len(proof["tiles"]) != 1:
        return None
    found = []
    written = proof["tiles"][0]["multipliers"]
    for comparison, multiplier in zip(proof["comparisons"], written, strict=True):
        if comparison["strict"]:
            if len(multiplier) != 1 or multiplier[0][1:] != [0, 0]:
                return None
            found.append(Fraction(multiplier[0][0]))
        else:
            if len(multiplier) > 1:
                return None
            found.append(Fraction(multiplier[0]) if multiplier else Fraction(0))
    return found


def _identity(proof: Mapping[str, Any], multipliers: Sequence[Fraction]) -> str:
    """``2 J(pi1) = J(pi2) + J(pi3)``."""
    total: dict[int, Fraction] = {}
    for comparison, factor in zip(proof["comparisons"], multipliers, strict=True):
        for side, signed in (("better", factor), ("worse", -factor)):
            total[comparison[side]] = total.get(comparison[side], Fraction(0)) + signed
    scale = min((abs(c) for c in total.values() if c), default=Fraction(1))
    sides: tuple[list[str], list[str]] = ([], [])
    for index, coefficient in sorted(total.items()):
        if coefficient:
            size = abs(coefficient) / scale
            times = "" if size == 1 else f"{size} "
            sides[coefficient < 0].append(f"{times}J(pi{index + 1})")
    left, right = (" + ".join(side) or "0" for side in sides)
    if left == right == "0":
        return "the comparisons below cancel, whatever the reward"
    return f"whatever the reward, {left} = {right}"


def _limits(claim: Statement, proof: Mapping[str, Any]) -> tuple[str, str]:
    environment, spec = claim.environment, claim.spec
    limit, reference, family = (
        read_policy(written, environment, "policy")
        for written in (_limit(proof["family"]), proof["reference"], proof["family"])
    )
    drops = compare(environment, spec, limit, reference) < 0
    assert drops or compare(environment, spec, family, reference) <= 0
    low, high = ("not below", "below") if drops else ("not above", "above")
    return (
        "The value changes continuously with the policy (or cannot jump this way), so what holds "
        "for the family as e goes to 0 holds in the limit.",
        f"For every small e the family is {low} the reference, but its limit is {high} it.",
    )
