"""Means, quantiles and tails of trajectory numbers under a policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np
from flint import arb

from specc.chain import interval
from specc.chain.frequencies import flow, horizon_occupancy, long_run
from specc.chain.moments import discounted_moments
from specc.chain.rational import dot
from specc.chain.reachability import occupancy
from specc.chain.structure import bottom_components
from specc.chain.values import UndefinedTotal, extremum, total
from specc.diagnostics import SpecError
from specc.evaluate.outer import evaluate_number
from specc.evaluate.run import AnyPolicy, Run, run, undefined_total
from specc.evaluate.value import Value, apply, exact
from specc.lower import without_machines
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.objective import stack
from specc.objective.simplify import simplify
from specc.objective.stack import Number
from specc.objective.walk import is_constant, leaves, outermost
from specc.words import signal_values

__all__ = ["References", "lottery"]

References = Mapping[str, Policy]
"""The policies that `kl(name)` speaks of."""

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
    balls = _irrational_rewards(played, signal, references, stops)
    if isinstance(part, stack.Total) and part.horizon is None:
        _check_settles(played, balls, part)
    taken = [(w, ball) for w, ball in zip(weights, balls, strict=True) if w]
    return Value(None, lambda: sum((interval.arb_of(w) * b() for w, b in taken), arb(0)))


def _check_settles(played: Run, balls: Sequence[Callable[[], arb]], part: Number) -> None:
    chain = played.chain
    starts = chain.starts.tolist()
    for members in bottom_components(chain.neighbours()):
        for state in members:
            if any(balls[t]() != 0 for t in range(starts[state], starts[state + 1])):
                raise undefined_total(part)


def _irrational_rewards(
    played: Run, signal: Number, references: References, stops: bool
) -> list[Callable[[], arb]]:
    """A ball per chain transition, computed anew at each precision."""
    lowered, chain = played.lowered, played.chain
    mdp = lowered.mdp
    sources = mdp.transition_sources()
    made: dict[tuple[Number, int], Callable[[], arb]] = {}
    balls = []
    for transition in chain.origin.tolist():
        origin = int(lowered.product.origin[transition])
        if stops and mdp.stopped[sources[origin]]:
            balls.append(lambda: arb(0))
            continue
        plain = simplify(without_machines(lowered, signal, transition))
        state = int(sources[origin])
        key = plain, _place(played, transition, origin)
        if key not in made:
            row = _choice_row(played, transition, state)
            made[key] = _ball(plain, mdp, origin, row, references).ball
        balls.append(made[key])
    return balls


def _place(played: Run, transition: int, origin: int) -> int:
    """What tells apart the letters and the policy's distribution: transition and memory."""
    if isinstance(played.policy, Policy):
        return origin
    return transition + played.lowered.mdp.transition_count


def _choice_row(played: Run, transition: int, state: int) -> list[Fraction]:
    """pi(.|s) at the state that a product transition leaves, in choice order."""
    mdp, policy = played.lowered.mdp, played.policy
    if isinstance(policy, Policy):
        return [policy.probabilities[c] for c in mdp.choices(state)]
    built = played.lowered.product
    choice = int(np.searchsorted(built.model.transition_starts, transition, "right")) - 1
    source = int(np.searchsorted(built.model.choice_starts, choice, "right")) - 1
    memory = int(built.memory[source, -1])
    return [policy.probabilities[memory][c] for c in mdp.choices(state)]


def _ball(
    signal: Number, mdp: Mdp, origin: int, row: list[Fraction], references: References
) -> Value:
    def leaf(node: Number) -> Value:
        match node:
            case stack.PolicyTerm(kind, order, reference):
                if kind == "entropy":
                    return Value(None, lambda: interval.entropy(row))
                if kind == "tsallis":
                    assert order is not None
                    index = order
                    return Value(None, lambda: interval.tsallis(row, index))
                other = _reference_row(mdp, origin, reference or "uniform", references)
                return Value(None, lambda: interval.kullback_leibler(row, other))
            case _:
                values = signal_values(mdp, node)
                assert values is not None
                return exact(values[origin])

    def number(node: Number) -> Value:
        readable = stack.Apply | stack.Choice | stack.Indicator
        if any(isinstance(n, stack.PolicyTerm) for n in leaves(node)) or not _is_exact(node, mdp):
            if isinstance(node, stack.Apply):
                return apply(node.function, [number(o) for o in node.operands], node.span)
            if isinstance(node, stack.Choice):
                held = signal_values(mdp, stack.Indicator(node.guard, span=node.span))
                assert held is not None
                return number(node.then if held[origin] else node.otherwise)
            if isinstance(node, readable | stack.Constant):
                return evaluate_number(node, leaf)
        return leaf(node)

    return number(signal)


def _is_exact(node: Number, mdp: Mdp) -> bool:
    return signal_values(mdp, node) is not None


def _reference_row(mdp: Mdp, origin: int, reference: str, references: References) -> list[Fraction]:
    state = int(mdp.transition_sources()[origin])
    choices = mdp.choices(state)
    if reference in references:
        return [references[reference].probabilities[c] for c in choices]
    if reference != "uniform":
        raise SpecError.of("E708", f"`kl({reference})` compares with a policy without memory")
    return [Fraction(1, len(choices))] * len(choices)


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
