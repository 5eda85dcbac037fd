"""Means, quantiles and tails of trajectory numbers under a policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from flint import arb

from specc.chain import interval
from specc.chain.frequencies import flow, horizon_occupancy, long_run
from specc.chain.moments import discounted_moments
from specc.chain.rational import dot
from specc.chain.reachability import occupancy
from specc.chain.structure import bottom_components
from specc.chain.values import UndefinedTotal, extremum, total
from specc.diagnostics import SpecError
from specc.evaluate.irrational import References, irrational_rewards
from specc.evaluate.outer import evaluate_number
from specc.evaluate.run import AnyPolicy, Run, run, undefined_total
from specc.evaluate.value import Value, apply, exact
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import is_constant, leaves, outermost

__all__ = ["lottery"]

Law = Sequence[tuple[Fraction, Value]]


def lottery(number: Number, mdp: Mdp, policy: AnyPolicy, references: References) -> Value:
    """The value of a lottery number: E, quantile, cvar, variance."""
    match number:
        case stack.Expectation(trajectory):
            return _mean(trajectory, mdp, policy, references)
        case stack.Variance(stack.Discounted() as trajectory):
            return _variance(trajectory, mdp, policy)
        case stack.Variance(trajectory):
            law = _law(trajectory, mdp, policy)
            mean, square = _weighted(law, lambda v: v), _weighted(law, _square)
            minus = apply("*", [exact(Fraction(-1)), _square(mean)], number.span)
            return apply("+", [square, minus], number.span)
        case stack.Quantile(level, trajectory):
            return _by_bounds(_law(trajectory, mdp, policy), lambda law: _quantile(law, level))
        case stack.ConditionalValueAtRisk(level, trajectory):
            return _by_bounds(_law(trajectory, mdp, policy), lambda law: _cvar(law, level))
        case _:
            raise AssertionError(f"not a lottery number: {type(number).__name__}")


def _square(value: Value) -> Value:
    return apply("*", [value, value], stack.Constant(Fraction(0)).span)


def _mean(part: Number, mdp: Mdp, policy: AnyPolicy, references: References) -> Value:
    match part:
        case stack.Discounted(signal) | stack.Average(signal) | stack.Total(signal):
            return _signal_mean(part, signal, run(mdp, [part], policy), references)
        case stack.Extremum(kind, signal) if not _reads_machine(signal):
            plain = run(mdp, [], policy)
            rewards = plain.rewards(signal, stops=False)
            if rewards is not None:
                return exact(extremum(plain.chain, rewards, kind))
    return _weighted(_law(part, mdp, policy), lambda value: value)


def _reads_machine(signal: Number) -> bool:
    return any(isinstance(node, stack.MachineOutput) for node in leaves(signal))


def _signal_mean(
    part: stack.Discounted | stack.Average | stack.Total,
    signal: Number,
    played: Run,
    references: References,
) -> Value:
    """The mean is how often each transition is taken, times what it pays."""
    chain = played.chain
    stops = not isinstance(part, stack.Average)
    rewards = played.rewards(signal, stops=stops)
    if rewards is not None and isinstance(part, stack.Total) and part.horizon is None:
        try:
            return exact(total(chain, rewards))
        except UndefinedTotal:
            raise undefined_total(part) from None
    match part:
        case stack.Discounted(_, discount):
            visits = occupancy(chain, discount)
        case stack.Average():
            visits = long_run(chain)
        case stack.Total(_, None):
            visits = occupancy(chain, None)
        case stack.Total(_, horizon):
            visits = horizon_occupancy(chain, horizon or 0)
    weights = flow(chain, visits)
    if rewards is not None:
        return exact(dot(weights, rewards))
    paid = irrational_rewards(played, signal, references, stops)
    if isinstance(part, stack.Total) and part.horizon is None:
        _check_settles(played, [value.ball for value in paid], part)
    known = [value.exact for value in paid if value.exact is not None]
    if len(known) == len(paid):
        return exact(dot(weights, known))
    taken = [(w, value.ball) for w, value in zip(weights, paid, strict=True) if w]
    return Value(None, lambda: sum((interval.arb_of(w) * b() for w, b in taken), arb(0)))


def _check_settles(played: Run, balls: Sequence[Callable[[], arb]], part: Number) -> None:
    chain = played.chain
    starts = chain.starts.tolist()
    for members in bottom_components(chain.neighbours()):
        for state in members:
            if any(balls[t]() != 0 for t in range(starts[state], starts[state + 1])):
                raise undefined_total(part)


def _variance(trajectory: stack.Discounted, mdp: Mdp, policy: AnyPolicy) -> Value:
    played = run(mdp, [trajectory], policy)
    rewards = played.rewards(trajectory.signal, stops=True)
    if rewards is None:
        raise SpecError.of(
            "E705", "the variance of an irrational sum is not evaluated", span=trajectory.span
        )
    mean, square = discounted_moments(played.chain, rewards, trajectory.discount)
    return exact(square - mean * mean)


def _law(part: Number, mdp: Mdp, policy: AnyPolicy) -> Law:
    """The distribution of a function of trajectory numbers, with a value per probability."""
    if is_constant(part):
        return [(Fraction(1), evaluate_number(part, _no_leaf))]
    nodes = outermost(part, stack.TRAJECTORY_LAYER)
    played = run(mdp, nodes, policy)
    law = []
    for mass, values in played.joint(nodes):
        table = dict(zip(nodes, values, strict=True))
        law.append((mass, evaluate_number(part, lambda node, table=table: table[node])))  # type: ignore[misc]
    return law


def _no_leaf(number: Number) -> Value:
    raise AssertionError(f"a constant has no {type(number).__name__}")


def _weighted(law: Law, function: Callable[[Value], Value]) -> Value:
    span = stack.Constant(Fraction(0)).span
    parts = [apply("*", [exact(mass), function(value)], span) for mass, value in law]
    return apply("+", parts, span)


def _by_bounds(law: Law, read: Callable[[list[tuple[Fraction, Fraction]]], Fraction]) -> Value:
    """A monotone reading of a law, from the lower and from the upper ends of its values."""
    from specc.evaluate.value import hull

    ends = [(mass, value.bounds()) for mass, value in law]
    lows = [(low, mass) for mass, (low, _) in ends if low is not None]
    highs = [(high, mass) for mass, (_, high) in ends if high is not None]
    if len(lows) < len(ends) or len(highs) < len(ends):
        raise SpecError.of("E705", "the distribution has unbounded values")
    return hull(read(sorted(lows)), read(sorted(highs)))


def _quantile(law: list[tuple[Fraction, Fraction]], level: Fraction) -> Fraction:
    """inf{x : P(t <= x) >= level}."""
    reached = Fraction(0)
    for value, mass in law:
        reached += mass
        if reached >= level:
            return value
    return law[-1][0]


def _cvar(law: list[tuple[Fraction, Fraction]], level: Fraction) -> Fraction:
    """The mean of the worst ``level`` of the mass (Rockafellar and Uryasev 2000)."""
    left, total_value = level, Fraction(0)
    for value, mass in law:
        share = min(mass, left)
        total_value += share * value
        left -= share
        if not left:
            break
    return total_value / level
