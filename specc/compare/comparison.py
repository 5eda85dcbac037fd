"""``compare``: the relation of two specs, with two policies that tell them apart."""

from __future__ import annotations

from dataclasses import dataclass

from specc.compare.optimum import same_optimum
from specc.compare.order import same_order
from specc.compare.witness import WitnessPolicy
from specc.deadline import Deadline
from specc.diagnostics import SpecError
from specc.model.mdp import Mdp
from specc.resolve.file import Spec
from specc.verdict.question import Question

__all__ = ["Comparison", "compare"]

_SECONDS = 20.0
_MOST_TRANSITIONS = 20_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two specs relate; the fields are the JSON's.

    ``same_order``: they rank all stationary policies alike. ``same_optimum``: some policy is
    optimal for both. Both are None where not decided; ``why`` and ``why_optimum`` say how it is
    known. ``policies``: two that are ranked differently, with their exact values.
    """

    a: str
    b: str
    same_order: bool | None
    same_optimum: bool | None
    relation: str
    why: str
    why_optimum: str
    policies: tuple[WitnessPolicy, WitnessPolicy] | None


def compare(one: Spec, other: Spec, *, budget: float | None = None) -> Comparison:
    """Compares two specs in the environment that they share, within ``budget`` seconds
    (default: 20). Raises SpecError E712 where their environments differ.

    >>> from specc.resolve.file import load_text
    >>> file = load_text("spec a = P[F g]  spec b = 2 * P[F g] - 1")
    >>> compare(file["a"], file["b"]).relation
    'same order'
    """
    if one.environment_name != other.environment_name or (
        one.environment is not other.environment and one.file is not other.file
    ):
        raise _elsewhere(one, other)
    deadline = Deadline.after(_SECONDS if budget is None else budget)
    order = same_order(one, other, deadline)
    best, why_best = _optimum(one, other, order.same, deadline)
    match order.same:
        case True:
            relation = "same order"
        case False:
            relation = "same optimum" if best else "different order"
        case None:
            relation = "same optimum" if best else "unknown"
    return Comparison(
        one.name, other.name, order.same, best, relation, order.why, why_best, order.policies
    )


def _optimum(
    one: Spec, other: Spec, is_same_order: bool | None, deadline: Deadline
) -> tuple[bool | None, str]:
    if is_same_order:
        return True, "a stationary policy that is best for one is best for the other"
    mdp = one.environment
    if not isinstance(mdp, Mdp):
        return None, "no finite environment is known"
    if mdp.transition_count > _MOST_TRANSITIONS:
        return None, "the environment is too large to compare optima exactly"
    return same_optimum(Question(one, mdp, 0, deadline), one, other)


def _elsewhere(one: Spec, other: Spec) -> SpecError:
    places = [spec.environment_name or "no environment" for spec in (one, other)]
    return SpecError.of(
        "E712",
        f"`{one.name}` is about {places[0]} and `{other.name}` about {places[1]}: specs are "
        "compared in one environment",
        source=other.source,
        span=other.declaration.name.span,
        help="give both specs the same `in ENVIRONMENT`, in one file",
    )
