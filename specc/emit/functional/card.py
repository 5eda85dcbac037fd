"""What is said of the pseudo-reward of an outer function: the reward, and what it preserves."""

from __future__ import annotations

from specc.emit.functional.curvature import curvature, has_kinks, is_log_concave
from specc.emit.functional.pseudo import margin
from specc.emit.schemes.kinds import FormulaScheme, FunctionalScheme
from specc.objective import stack

__all__ = ["functional_card"]

_CHAIN = (
    "exact to first order{where}: with the estimates of the current policy (step size 1) the "
    "gradient of the expected sum of the rewards is that of the objective (chain rule), so both "
    "have the same stationary points (Zhang, Koppel, Bedi, Szepesvari, Wang, NeurIPS 2020)."
)
_MIXTURE = (
    "{why} in numbers that mixtures average: with a best policy for every pseudo-reward{soft} and "
    "step sizes 1/k the mixture of the policies so far, one drawn per episode, converges to the "
    "optimum as long as gradients stay bounded{apart} (Frank-Wolfe; Zahavy, O'Donoghue, "
    "Desjardins, Singh, NeurIPS 2021)."
)
_DUAL = (
    "Objective and constraints are affine in numbers that mixtures average: where some policy "
    "satisfies all constraints strictly, the mixture of best policies for every pseudo-reward, one "
    "drawn per episode, converges to the optimum with multiplier steps of order 1/sqrt(k) (Altman "
    "1999; Zahavy et al., NeurIPS 2021). Single policies on the way need not be feasible."
)
_TAIL_KINKS = (
    "The objective is concave in numbers that mixtures average, but a tail has kinks that no "
    "smoothing softens, where best policies may miss the best mixture: a stationary point is all "
    "that is promised."
)
_STATIONARY = "{what} not known to be {shape}: a stationary point is all that is promised."


def functional_card(scheme: FunctionalScheme) -> tuple[str, str]:
    """The reward and the guarantee, as texts for people."""
    return _reward(scheme), _guarantee(scheme)


def _reward(scheme: FunctionalScheme) -> str:
    learner = {
        "discounted": f"the learner discounts by {scheme.discount}",
        "total": "no discount",
        "average": "average reward: no discount",
    }[scheme.criterion]
    weights = "the gradient of the objective"
    if isinstance(scheme.objective, stack.Constrained):
        weights = "the gradient of the Lagrangian, whose multipliers ascend with the violations,"
    one = len(scheme.parts) == 1
    parts = "the one number it reads" if one else f"the {len(scheme.parts)} numbers it reads"
    own = ", each with its own discount" if _scaled(scheme) and not one else ""
    return (
        f"a pseudo-reward: the rewards of {parts}{own}, weighted by {weights} at their estimates, "
        f"updated between batches; {learner}"
    )


def _scaled(scheme: FunctionalScheme) -> bool:
    return scheme.criterion == "total" and any(
        isinstance(part.number.trajectory, stack.Discounted) for part in scheme.parts
    )


def _guarantee(scheme: FunctionalScheme) -> str:
    numbers = stack.numbers_of(scheme.objective)
    tails = any(isinstance(part.number, stack.ConditionalValueAtRisk) for part in scheme.parts)
    bent = tails or has_kinks(numbers)
    said = [_CHAIN.format(where=" where the objective is differentiable" if bent else "")]
    said.append(_global(scheme))
    if any(isinstance(part.scheme, FormulaScheme) for part in scheme.parts):
        said.append("Formulas are paid by their own schemes, and preserved as these say.")
    if tails:
        said.append(
            "A tail is paid below its quantile as of the last update (Rockafellar, Uryasev 2000)."
        )
    return " ".join(said)


def _global(scheme: FunctionalScheme) -> str:
    """What is promised beyond stationary points."""
    match scheme.objective:
        case stack.Scalar(number):
            concave = curvature(number) in {"affine", "concave"}
            if not concave and not is_log_concave(number):
                return _STATIONARY.format(what="The objective is", shape="concave")
            if any(isinstance(p.number, stack.ConditionalValueAtRisk) for p in scheme.parts):
                return _TAIL_KINKS
            why, apart = "The objective is concave", ""
            if not concave:
                # Where two factors are 0 a product has the gradient 0, and nothing is learned.
                why = "Where the objective is positive, its logarithm is concave"
                apart = ", and the objective away from 0"
            soft = ", smoothing above 0" if has_kinks([number]) else ""
            return _MIXTURE.format(why=why, soft=soft, apart=apart)
        case stack.Constrained(number, constraints):
            kinds = {curvature(number), *(curvature(margin(c)) for c in constraints)}
            if kinds != {"affine"}:
                return _STATIONARY.format(what="Objective and constraints are", shape="affine")
            return _DUAL
