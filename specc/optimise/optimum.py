"""``solve``: the optimum of a spec, with a certificate or the plain word that there is none."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from specc.diagnostics import Diagnostic, SpecError
from specc.evaluate.evaluation import placed, references
from specc.evaluate.outer import evaluate_number
from specc.evaluate.value import Value, exact, hull
from specc.model.mdp import Mdp
from specc.model.policy import MemoryPolicy
from specc.objective import stack
from specc.objective.linear import LinearForm, linear_form
from specc.objective.ranges import Range, direction, range_of
from specc.objective.simplify import simplify_objective
from specc.objective.stack import Number
from specc.objective.walk import is_constant, leaves, outermost
from specc.optimise.found import Found, Unsolved, Wanted
from specc.optimise.interval_search import greatest
from specc.optimise.maximin import maximin
from specc.optimise.means import optimise_mean
from specc.optimise.strategy import even_chances, memory_policy
from specc.resolve.file import Spec
from specc.solve.solution import Solution

__all__ = ["SolveResult", "optimum_of", "solve"]

_HISTORY = "history-dependent randomised"
_STATIONARY = "stationary"


@dataclass(frozen=True, slots=True)
class SolveResult:
    """The optimum of one spec; the fields are the JSON's.

    The true optimum lies in [``lower``, ``upper``]; both are None where there is no solver for
    the form, and ``diagnostics`` says so. ``exact`` is the optimum itself where it is known.
    ``policy`` says how much memory an optimal policy needs (``memory``: number of memory states)
    and whether it is ``deterministic``; ``strategy`` is the policy, where there is one.
    """

    name: str
    direction: str
    lower: Fraction | None
    upper: Fraction | None
    exact: Fraction | None
    values: tuple[Fraction | None, ...]
    method: str
    promise: str
    policy_class: str
    policy: Mapping[str, object] | None
    states: int
    product_states: int
    seconds: Mapping[str, float]
    strategy: MemoryPolicy | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


def solve(
    spec: Spec,
    *,
    minimise: bool = False,
    exact: bool = False,
    precision: Fraction = Fraction(1, 10**6),
) -> SolveResult:
    """The optimum of a spec over all policies, within a certified interval.

    ``precision`` bounds the width of the interval; ``exact`` asks for the rational itself. The
    policies range over all history-dependent randomised ones. Raises SpecError where the spec has
    no finite environment, a budget is overrun, or a total does not settle.

    >>> from specc.resolve.file import load_text
    >>> file = load_text('''
    ... env coin = mdp { initial s
    ...   s: try -> 1/2 t + 1/2 lost
    ...      wait -> s
    ...   t: stay -> t
    ...   lost: stay -> lost
    ...   label goal: t }
    ... spec reach in coin = P[F goal]
    ... ''')
    >>> solve(file["reach"], exact=True).exact
    Fraction(1, 2)
    """
    mdp = spec.environment
    if not isinstance(mdp, Mdp):
        raise SpecError.of(
            "E710",
            f"`{spec.name}` has no finite environment to be solved in",
            source=spec.source,
            span=spec.declaration.name.span,
        )
    started = time.perf_counter()
    try:
        wanted = Wanted(not minimise, precision, exact, references(spec, mdp))
        return _solved(spec, mdp, wanted, started)
    except Unsolved as unsolved:
        return _unsolved(spec, mdp, wanted, str(unsolved), started)
    except OverflowError:
        return _unsolved(spec, mdp, wanted, "numbers beyond those of floating point", started)
    except SpecError as error:
        raise placed(error, spec) from None


def _solved(spec: Spec, mdp: Mdp, wanted: Wanted, started: float) -> SolveResult:
    objective = simplify_objective(spec.objective)
    if _reads_policy(objective):
        raise Unsolved("a number that reads the policy itself")
    match objective:
        case stack.Scalar(number):
            return _result(spec, mdp, wanted, optimum_of(mdp, number, wanted), started)
        case stack.Lexicographic(numbers):
            found = optimum_of(mdp, numbers[0], wanted)
            result = _result(spec, mdp, wanted, found, started)
            note = _note(spec, "only the first component of the order is optimised so far")
            rest: tuple[Fraction | None, ...] = (None,) * (len(numbers) - 1)
            return replace(
                result,
                values=(result.exact, *rest),
                promise=f"{result.promise} for the first component; the others are not optimised",
                strategy=None,
                policy=None,
                diagnostics=(note,),
            )
        case stack.Constrained():
            raise Unsolved("a constrained objective")


def _reads_policy(objective: stack.Objective) -> bool:
    inside = (node for number in stack.numbers_of(objective) for node in leaves(number))
    return any(isinstance(node, stack.PolicyProbability) for node in inside)


def optimum_of(mdp: Mdp, number: Number, wanted: Wanted) -> Found:
    """The optimum of a number of the policy.

    Raises :class:`Unsolved` where no solver fits the form.
    """
    form = linear_form(number)
    if all(isinstance(term, stack.Expectation) for term in form.terms):
        if not form.terms:
            return _constant(mdp, form.constant)
        return optimise_mean(mdp, form, wanted)
    variables = outermost(number, stack.LOTTERY_LAYER)
    if len(variables) == 1 and isinstance(variables[0], stack.Expectation):
        return _function_of_one(mdp, number, variables[0], wanted)
    inner = _monotone_operand(number)
    if inner is not None:
        return _through(mdp, number, *inner, wanted)
    least = _minimum(number, wanted.maximise)
    if least is not None:
        sign, forms = least
        found = maximin(mdp, forms, wanted)
        return replace(found, solution=_negated(found.solution)) if sign < 0 else found
    if any(not isinstance(v, stack.Expectation) for v in variables):
        raise Unsolved("a number of the distribution beyond its mean")
    raise Unsolved("a nonlinear function of several numbers of the policy")


def _constant(mdp: Mdp, value: Fraction) -> Found:
    import numpy as np

    from specc.product import product

    built = product(mdp, [])
    chosen = np.zeros(built.model.choice_count, dtype=np.bool_)
    chosen[built.model.choice_starts[:-1]] = True
    values = np.full(built.model.state_count, float(value))
    solution = Solution(value, value, value, None, values, "constant", "exact")
    return Found(solution, built, chosen, 0.0, 0.0)


def _monotone_operand(number: Number) -> tuple[Number, int] | None:
    """The operand and the direction, where the number is strictly monotone in one operand."""
    if not isinstance(number, stack.Apply):
        return None
    moving = [operand for operand in number.operands if not is_constant(operand)]
    if len(moving) != 1:
        return None
    sign = direction(number, moving[0], range_of(moving[0]))
    return (moving[0], sign) if sign else None


def _through(mdp: Mdp, number: Number, inner: Number, sign: int, wanted: Wanted) -> Found:
    """A strictly monotone function has its optimum where its operand has one."""
    flipped = wanted if sign > 0 else replace(wanted, maximise=not wanted.maximise)
    found = optimum_of(mdp, inner, flipped)
    return replace(found, solution=_mapped(found.solution, number, inner))


def _mapped(solution: Solution, number: Number, inner: Number) -> Solution:
    shape = _replaced(number, inner)

    def substitute(value: Fraction) -> Value:
        return evaluate_number(shape, lambda _: exact(value))

    ends = [substitute(end) for end in (solution.lower, solution.upper)]
    bounds = [bound for end in ends for bound in end.bounds()]
    known = [bound for bound in bounds if bound is not None]
    if len(known) < 4:
        raise Unsolved("a function that is infinite at the optimum")
    at = None if solution.exact is None else substitute(solution.exact).exact
    return replace(solution, lower=min(known), upper=max(known), exact=at)


_PLACE = stack.Native("the operand")


def _replaced(number: Number, inner: Number) -> Number:
    """The number with one operand named, so that it can be valued by itself."""
    from specc.objective.walk import rebuild

    if number == inner:
        return _PLACE
    if is_constant(number):
        return number
    return rebuild(number, lambda node: _replaced(node, inner))


def _function_of_one(mdp: Mdp, number: Number, mean: stack.Expectation, wanted: Wanted) -> Found:
    """A mean takes every value between its least and its greatest (policies can be mixed at the
    start), so the optimum is that of a function on an interval."""
    sign = direction(number, mean, range_of(mean))
    if sign:
        return _through(mdp, number, mean, sign, wanted)
    form = LinearForm(Fraction(0), {mean: Fraction(1)})
    inner = replace(wanted, precision=wanted.precision / 16)
    most = optimise_mean(mdp, form, replace(inner, maximise=True))
    least = optimise_mean(mdp, form, replace(inner, maximise=False))
    shape = _replaced(number, mean)
    if not wanted.maximise:
        shape = stack.Apply("*", (stack.Constant(Fraction(-1)), shape))

    def function(value: Value) -> Value:
        return evaluate_number(shape, lambda _: value)

    def is_monotone(left: Fraction, right: Fraction) -> bool:
        return direction(shape, _PLACE, Range(left, right)) is not None

    def best(low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
        found = greatest(function, is_monotone, low, high, wanted.precision)
        if found is None:
            raise Unsolved("a function that is unbounded or undefined on the values it may take")
        return found

    outer = best(_low(least), _high(most))
    certain = (_inner_low(least), _inner_high(most))
    if certain[0] <= certain[1]:
        low = best(*certain)[0]
    else:
        # No one value is known to be taken; the function is nowhere less than its lower bound.
        bound, _ = function(hull(_low(least), _high(most))).bounds()
        if bound is None:
            raise Unsolved("a function that is unbounded or undefined on the values it may take")
        low = bound
    high = outer[1]
    solution = replace(
        most.solution,
        lower=low if wanted.maximise else -high,
        upper=high if wanted.maximise else -low,
        exact=(low if wanted.maximise else -low) if low == high else None,
        choice=None,
        method=f"{most.solution.method}; then the best point of the interval of values",
    )
    return Found(
        solution,
        most.product,
        None,
        most.product_seconds + least.product_seconds,
        most.solve_seconds + least.solve_seconds,
    )


def _low(found: Found) -> Fraction:
    """At most the least value."""
    solution = found.solution
    return solution.exact if solution.exact is not None else solution.lower


def _high(found: Found) -> Fraction:
    """At least the greatest value."""
    solution = found.solution
    return solution.exact if solution.exact is not None else solution.upper


def _inner_low(found: Found) -> Fraction:
    """At least the least value: every number from here up is taken."""
    solution = found.solution
    return solution.exact if solution.exact is not None else solution.upper


def _inner_high(found: Found) -> Fraction:
    """At most the greatest value."""
    solution = found.solution
    return solution.exact if solution.exact is not None else solution.lower


def _minimum(number: Number, maximise: bool) -> tuple[int, list[LinearForm]] | None:
    """``min`` of linear numbers to maximise (or ``max`` to minimise, negated)."""
    wanted = "min" if maximise else "max"
    if not isinstance(number, stack.Apply) or number.function != wanted:
        return None
    sign = 1 if maximise else -1
    return sign, [linear_form(operand).scaled(Fraction(sign)) for operand in number.operands]


def _negated(solution: Solution) -> Solution:
    value = None if solution.exact is None else -solution.exact
    return replace(solution, lower=-solution.upper, upper=-solution.lower, exact=value)


def _result(spec: Spec, mdp: Mdp, wanted: Wanted, found: Found, started: float) -> SolveResult:
    solution = found.solution
    strategy, policy = None, None
    chances = found.chances
    if chances is None and found.chosen is not None:
        chances = even_chances(found.product, found.chosen)
    if chances is not None:
        strategy = memory_policy(mdp, found.product, chances)
        policy = {
            "memory": len({tuple(row) for row in found.product.memory.tolist()}),
            "deterministic": all(chance in (0, 1) for chance in chances),
        }
    promise = solution.promise
    if solution.exact is None and solution.upper - solution.lower > wanted.precision:
        promise = "certified interval, wider than the precision asked for"
    return SolveResult(
        name=spec.name,
        direction="max" if wanted.maximise else "min",
        lower=solution.lower,
        upper=solution.upper,
        exact=solution.exact if solution.exact is not None else _if_equal(solution),
        values=(),
        method=solution.method,
        promise=promise,
        policy_class=_STATIONARY if _adds_averages(spec.objective) else _HISTORY,
        policy=policy,
        states=mdp.state_count,
        product_states=found.product.model.state_count,
        seconds={
            "build": max(
                0.0,
                time.perf_counter() - started - found.product_seconds - found.solve_seconds,
            ),
            "product": found.product_seconds,
            "solve": found.solve_seconds,
        },
        strategy=strategy,
    )


def _adds_averages(objective: stack.Objective) -> bool:
    """Whether several limit averages were merged into one, which holds for stationary policies:
    a policy with a growing memory can make both limits superior large in turn."""
    numbers = stack.numbers_of(objective)
    averages = [n for number in numbers for n in leaves(number) if isinstance(n, stack.Average)]
    return len(averages) > 1


def _if_equal(solution: Solution) -> Fraction | None:
    return solution.lower if solution.lower == solution.upper else None


def _note(spec: Spec, message: str) -> Diagnostic:
    span = spec.declaration.expression.span
    return Diagnostic("W709", message, spec.source, span)


def _unsolved(spec: Spec, mdp: Mdp, wanted: Wanted, form: str, started: float) -> SolveResult:
    return SolveResult(
        name=spec.name,
        direction="max" if wanted.maximise else "min",
        lower=None,
        upper=None,
        exact=None,
        values=(),
        method="none",
        promise=f"not solved: {form}",
        policy_class=_STATIONARY if "policy itself" in form else _HISTORY,
        policy=None,
        states=mdp.state_count,
        product_states=0,
        seconds={"build": time.perf_counter() - started, "product": 0.0, "solve": 0.0},
        diagnostics=(_note(spec, f"no solver for {form} in this version"),),
    )
