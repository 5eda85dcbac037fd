"""Judging the assertions of a file: held only where proved, None where undecided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from specc.diagnostics import SpecError
from specc.model.mdp import Mdp
from specc.model.sample import sample_policies
from specc.objective.infer import Inference
from specc.objective.same_order import essence
from specc.preorder import Preorder
from specc.resolve.file import Spec, TaskFile
from specc.syntax import tree
from specc.syntax.show import show

__all__ = ["AssertionCheck", "judge_assertion"]

_PAIRS = 12
_MOST_TRANSITIONS = 3000


@dataclass(frozen=True, slots=True)
class AssertionCheck:
    """One assertion's verdict: ``holds`` is None where it is undecided."""

    line: int
    text: str
    holds: bool | None
    why: str


def judge_assertion(
    assertion: tree.Assertion,
    file: TaskFile,
    inferences: Mapping[str, Inference],
    preorder: Preorder,
) -> AssertionCheck:
    """Whether the assertion is proved, refuted or undecided."""
    line = file.source.position(assertion.span.start).line
    text = " ".join(file.source.slice(assertion.span).split())
    try:
        holds, why = _judge(assertion.claim, file, inferences, preorder)
    except SpecError as error:
        holds, why = None, "; ".join(d.message for d in error.diagnostics)
    return AssertionCheck(line, text, holds, why)


def _judge(
    claim: tree.Membership | tree.OrderEquality | tree.ValueComparison,
    file: TaskFile,
    inferences: Mapping[str, Inference],
    preorder: Preorder,
) -> tuple[bool | None, str]:
    match claim:
        case tree.Membership(spec, formalism, negated):
            if spec.value not in inferences:
                return None, f"`{spec.value}` has errors"
            return _membership(inferences[spec.value], formalism.value, negated, preorder)
        case tree.ValueComparison(spec, comparison, bound):
            return _value(file[spec.value], comparison, bound)
        case tree.OrderEquality(left, right, negated):
            same, why = _same_order(file[left.value], file[right.value])
            return (same if same is None or not negated else not same), why


def _membership(
    inference: Inference, formalism: str, negated: bool, preorder: Preorder
) -> tuple[bool | None, str]:
    found = inference.formalism
    trivial = not essence(inference.objective).components
    inside = formalism == found or formalism in inference.also or trivial
    if inside or (formalism in preorder.formalisms and preorder.geq(formalism, found) is True):
        rests = "" if inside else f", and {formalism} >= {found} (stated, not proved)"
        return (not negated), f"it is inferred as {found}{rests}"
    return None, (
        f"it is inferred as {found}; whether {formalism} can say the same in this environment "
        "was not searched"
    )


def _value(spec: Spec, comparison: str, bound: tree.Expression) -> tuple[bool | None, str]:
    from specc.optimise import solve

    limit = _bound(bound)
    if limit is None:
        return None, f"`{show(bound)}` is not a number"
    for exact in (False, True):
        result = solve(spec, exact=exact)
        low = result.lower if result.exact is None else result.exact
        high = result.upper if result.exact is None else result.exact
        if low is None or high is None:
            return None, result.promise
        holds = _holds(comparison, low, high, limit)
        if holds is not None:
            break
    if low is None or high is None:
        return None, "it has no value"
    if low == high:
        return holds, f"the optimum is {_shown(low)}"
    return holds, f"the optimum lies in [{_rounded(low, down=True)}, {_rounded(high, down=False)}]"


def _rounded(value: Fraction, *, down: bool) -> str:
    """Nine decimals, rounded outward."""
    scaled = value * 10**9
    whole = floor(scaled) if down else ceil(scaled)
    return f"{whole / 10**9:.9f}".rstrip("0").rstrip(".")


def _bound(expression: tree.Expression) -> Fraction | None:
    match expression:
        case tree.Number(value):
            return value
        case tree.Operation("neg", (inner,)):
            positive = _bound(inner)
            return None if positive is None else -positive
        case tree.Operation("/", (top, bottom)):
            left, right = _bound(top), _bound(bottom)
            return None if left is None or not right else left / right
        case _:
            return None


def _holds(comparison: str, low: Fraction, high: Fraction, limit: Fraction) -> bool | None:
    match comparison:
        case ">=":
            return True if low >= limit else (False if high < limit else None)
        case ">":
            return True if low > limit else (False if high <= limit else None)
        case "<=":
            return True if high <= limit else (False if low > limit else None)
        case "<":
            return True if high < limit else (False if low >= limit else None)
        case _:
            if low == high:
                return (low == limit) == (comparison == "=")
            outside = limit < low or limit > high
            return (comparison != "=") if outside else None


def _same_order(left: Spec, right: Spec) -> tuple[bool | None, str]:
    if left.environment_name != right.environment_name:
        return None, "they are about different environments"
    if essence(left.objective) == essence(right.objective):
        return True, "one is a strictly increasing function of the other"
    mdp = left.environment
    if not isinstance(mdp, Mdp) or mdp.transition_count > _MOST_TRANSITIONS:
        return None, "not identical in form, and the environment is not searched"
    return _search(left, right, mdp)


def _search(left: Spec, right: Spec, mdp: Mdp) -> tuple[bool | None, str]:
    """Two policies that the specs rank differently, exactly, prove the orders different."""
    from specc.evaluate.evaluation import evaluate, placed

    policies = sample_policies(mdp, _PAIRS, seed=0)
    try:
        values = [(evaluate(left, p), evaluate(right, p)) for p in policies]
    except SpecError as error:
        raise placed(error, left) from None
    for i, (a, b) in enumerate(values):
        for c, d in values[:i]:
            one = _sign(a.value, c.value) if not a.values and a.feasible is None else None
            other = _sign(b.value, d.value) if not b.values and b.feasible is None else None
            if one is not None and other is not None and one != other:
                return False, (
                    f"two policies rank differently: `{left.name}` {_shown(c.value)} and "
                    f"{_shown(a.value)}, `{right.name}` {_shown(d.value)} and {_shown(b.value)}"
                )
    return None, f"no difference on {_PAIRS} random policies, and not identical in form"


def _sign(left: Fraction | None, right: Fraction | None) -> int | None:
    if left is None or right is None:
        return None
    return (left > right) - (left < right)


def _shown(value: Fraction | None) -> str:
    text = str(value)
    return text if len(text) <= 20 else f"{float(value or 0):.6g}"
