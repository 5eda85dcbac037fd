"""Which solver an objective gets and what it promises, from its form alone."""

from __future__ import annotations

from dataclasses import dataclass

from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.regularised import regularised_signal
from specc.objective.signals import SignalKind, may_be_infinite, signal_kind
from specc.objective.stack import Number
from specc.objective.walk import children

__all__ = ["Plan", "plan"]

_CERTIFIED = "certified interval, exact rational on request"


@dataclass(frozen=True, slots=True)
class Plan:
    """``method`` names the solver, ``promise`` what its answer is worth."""

    method: str
    promise: str


def plan(objective: stack.Objective, *, finite: bool) -> Plan:
    """The solver for a simplified objective (see :mod:`specc.optimise.optimum`)."""
    if not finite:
        return Plan("none", "not solved: the environment is not finite")
    match objective:
        case stack.Scalar(number):
            return _number(number)
        case stack.Lexicographic(numbers):
            first = _number(numbers[0])
            if first.method == "none":
                return first
            return Plan(first.method, f"{first.promise}, for the first component only")
        case stack.Constrained():
            return Plan("none", "not solved: constraints have no solver in this version")


def _number(number: Number) -> Plan:
    kinds = stack.Expectation | stack.Quantile | stack.ConditionalValueAtRisk | stack.Variance
    form = linear_form(number)
    if not form.terms:
        return Plan("constant", "exact")
    if all(isinstance(term, stack.Expectation) for term in form.terms):
        return _mean([t.trajectory for t in form.terms if isinstance(t, stack.Expectation)])
    variables = _variables(number)
    if any(isinstance(v, stack.PolicyProbability) for v in variables):
        return Plan("none", "not solved: it reads the policy itself")
    if any(not isinstance(v, stack.Expectation) and isinstance(v, kinds) for v in variables):
        return Plan("none", "not solved: it reads the distribution beyond its mean")
    if len(variables) == 1 and isinstance(variables[0], stack.Expectation):
        inner = _mean([variables[0].trajectory])
        if inner.method == "none":
            return inner
        return Plan(
            f"{inner.method}, then a search on the interval of values", "certified interval"
        )
    if isinstance(number, stack.Apply) and number.function in {"min", "max"}:
        parts = [linear_form(operand) for operand in number.operands]
        sums = [t for part in parts for t in part.terms]
        discounts = {
            t.trajectory.discount
            for t in sums
            if isinstance(t, stack.Expectation) and isinstance(t.trajectory, stack.Discounted)
        }
        whole = all(
            isinstance(t, stack.Expectation) and isinstance(t.trajectory, stack.Discounted)
            for t in sums
        )
        if whole and len(discounts) == 1:
            return Plan("occupancy linear program", "certified interval")
    return Plan("none", "not solved: a nonlinear function of several numbers of the policy")


def _variables(number: Number) -> list[Number]:
    found: dict[Number, None] = {}
    pending = [number]
    while pending:
        node = pending.pop()
        if isinstance(node, stack.Apply | stack.Choice | stack.Indicator):
            pending.extend(children(node))
        elif not isinstance(node, stack.Constant):
            found[node] = None
    return list(found)


def _mean(parts: list[Number]) -> Plan:
    atoms = [atom for part in parts for atom in _variables(part)]
    signals = stack.Discounted | stack.Average | stack.Total | stack.Extremum
    if any(
        isinstance(a, signals) and signal_kind(a.signal) >= SignalKind.REGULARISED for a in atoms
    ):
        return _regularised(parts)
    if len(parts) == 1:
        match parts[0]:
            case stack.Satisfaction() | stack.AutomatonSatisfaction():
                return Plan("product automaton, end components, reachability", _CERTIFIED)
            case stack.Discounted():
                return Plan("policy iteration", _CERTIFIED)
            case stack.Average():
                return Plan("multichain policy iteration", _CERTIFIED)
            case stack.Total(_, horizon):
                return Plan("backward induction" if horizon is not None else "policy iteration",
                            _CERTIFIED)  # fmt: skip
    running = stack.Total | stack.Extremum | stack.SetFunction
    allowed = running | stack.Discounted if len(parts) == 1 else running
    if atoms and all(isinstance(atom, allowed) for atom in atoms):
        return Plan("running quantities as memory, then policy iteration",
                    "certified interval where the memory is small enough")  # fmt: skip
    return Plan("none", "not solved: a sum of numbers that no one solver holds together")


def _regularised(parts: list[Number]) -> Plan:
    """Sums that read the policy: one discounted sum, or one with a horizon."""
    match parts:
        case [stack.Discounted(signal)]:
            method = "soft policy iteration"
        case [stack.Total(signal, int())]:
            method = "backward induction in ball arithmetic"
        case _:
            return Plan("none", "not solved: it reads the policy in more than one discounted sum")
    if may_be_infinite(signal):
        return Plan("none", "not solved: a reward that may be infinite")
    found = regularised_signal(signal)
    if found is None or found.obstacle is not None:
        reason = "policy terms weighted by more than a number" if found is None else found.obstacle
        return Plan("none", f"not solved: {reason}")
    return Plan(method, "certified interval")
