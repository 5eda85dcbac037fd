"""Judging the assertions of a file: held only where proved, None where undecided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from specc.deadline import Deadline
from specc.diagnostics import SpecError
from specc.objective.infer import Inference
from specc.objective.same_order import essence
from specc.preorder import Preorder, load_preorder
from specc.resolve.file import Spec, TaskFile
from specc.syntax import tree
from specc.syntax.show import show
from specc.verdict.judge import judge

__all__ = ["AssertionCheck", "judge_assertion"]


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
    seconds: float | None = None,
) -> AssertionCheck:
    """Whether the assertion is proved, refuted or undecided, searched for so many seconds."""
    line = file.source.position(assertion.span.start).line
    text = " ".join(file.source.slice(assertion.span).split())
    try:
        holds, why = _judge(assertion.claim, file, inferences, preorder, Deadline.after(seconds))
    except SpecError as error:
        holds, why = None, "; ".join(d.message for d in error.diagnostics)
    return AssertionCheck(line, text, holds, why)


def _judge(
    claim: tree.Membership | tree.OrderEquality | tree.ValueComparison,
    file: TaskFile,
    inferences: Mapping[str, Inference],
    preorder: Preorder,
    deadline: Deadline,
) -> tuple[bool | None, str]:
    match claim:
        case tree.Membership(spec, formalism, negated):
            if spec.value not in inferences:
                return None, f"`{spec.value}` has errors"
            inference = inferences[spec.value]
            inside, why = _membership(
                file[spec.value], inference, formalism.value, preorder, deadline
            )
            return (inside if inside is None or not negated else not inside), why
        case tree.ValueComparison(spec, comparison, bound):
            return _value(file[spec.value], comparison, bound)
        case tree.OrderEquality(left, right, negated):
            from specc.compare import same_order

            found = same_order(file[left.value], file[right.value], deadline)
            same = found.same
            return (same if same is None or not negated else not same), found.why


def _membership(
    spec: Spec, inference: Inference, formalism: str, preorder: Preorder, deadline: Deadline
) -> tuple[bool | None, str]:
    """Whether the spec's order, in its environment, is that of some spec of the formalism."""
    if formalism in inference.also:
        return True, f"it is inferred as {formalism}"
    if formalism not in preorder.formalisms:
        return _extension(inference, formalism)
    judged = judge(spec, inference, preorder, (formalism,), deadline=deadline)
    verdict = judged.verdicts[formalism]
    answers = {"expressible": True, "inexpressible": False, "unknown": None}
    return answers[verdict.verdict], verdict.why


def _extension(inference: Inference, formalism: str) -> tuple[bool | None, str]:
    """Formalisms beyond the seventeen: by form and preorder only."""
    if not essence(inference.objective).components:
        return True, "it is a constant, which every formalism can say"
    known = load_preorder(extensions=True)
    for found in (inference.formalism, *inference.also):
        if formalism in known.formalisms and known.geq(formalism, found) is True:
            return True, f"it is inferred as {found}, and {formalism} >= {found}"
    return None, (
        f"it is inferred as {inference.formalism}; {formalism} is an extension, for which "
        "nothing more is searched"
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


def _shown(value: Fraction | None) -> str:
    text = str(value)
    return text if len(text) <= 20 else f"{float(value or 0):.6g}"
