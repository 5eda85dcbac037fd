"""Numbers of one infinite trajectory, and functions of them (the inner layer)."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NoReturn

from specc.objective import stack
from specc.resolve.constants import constant, integer
from specc.resolve.formulas import finite_satisfaction, satisfaction
from specc.resolve.scope import Scope
from specc.resolve.signals import (
    ARITHMETIC,
    COMPARISONS,
    arithmetic,
    check_arguments,
    connective,
    signal,
    transition_guard,
)
from specc.source import Span
from specc.syntax import tree

__all__ = ["TRAJECTORY_FUNCTIONS", "comparison_guard", "trajectory"]

_KEYWORDS: dict[str, frozenset[str]] = {
    "discounted": frozenset(["gamma", "discount"]),
    "total": frozenset(["horizon"]),
    "coverage": frozenset(["horizon", "radius"]),
    "distinct": frozenset(["horizon"]),
    "weighted_coverage": frozenset(["horizon", "radius"]),
    "facility_location": frozenset(["horizon"]),
    "logdet": frozenset(["kernel", "noise", "horizon"]),
}
TRAJECTORY_FUNCTIONS = frozenset(_KEYWORDS) | {"average", "sup", "inf", "sat", "LTLf"}
_LOTTERY = frozenset(["E", "P", "quantile", "cvar", "variance"])
_MAXIMUM_HORIZON = 100_000


def trajectory(scope: Scope, expression: tree.Expression) -> stack.Number:
    """A number of a trajectory: a sum, a limit, a verdict, or a function of such numbers."""
    scope.grow(1, expression.span)
    span = expression.span
    match expression:
        case tree.Number(value):
            return stack.Constant(value, span=span)
        case tree.Operation(operator, operands) if operator in {"+", "*", "/", "**", "neg"}:
            return arithmetic(operator, tuple(trajectory(scope, o) for o in operands), span)
        case tree.Indicator(condition):
            return stack.Indicator(comparison_guard(scope, condition, trajectory), span=span)
        case tree.Conditional(condition, then, otherwise):
            return stack.Choice(
                comparison_guard(scope, condition, trajectory),
                trajectory(scope, then),
                trajectory(scope, otherwise),
                span=span,
            )
        case tree.Call(function, positional, _) if function in ARITHMETIC:
            check_arguments(scope, function, positional, span)
            return stack.Apply(function, tuple(trajectory(scope, p) for p in positional), span=span)
        case tree.Call(function) if function in TRAJECTORY_FUNCTIONS:
            return _call(scope, expression)
        case tree.Call(function) if function in _LOTTERY:
            scope.fail(
                "E305",
                f"`{function}` is a number of a policy, and cannot stand inside another "
                "`E`, `P`, `quantile`, `cvar` or `variance`",
                span,
            )
        case tree.PolicyProbability():
            scope.fail("E305", "`policy(a | s)` is a number of a policy, not a trajectory", span)
        case tree.Name(name):
            _refuse_name(scope, name, span)
        case tree.Call(function) if function not in {"native", "tsallis", "kl"}:
            known = TRAJECTORY_FUNCTIONS | frozenset(ARITHMETIC)
            scope.unknown("E208", "function", function, known, expression.function_span)
        case _:
            scope.fail(
                "E305",
                "expected a number of a trajectory, such as `discounted(r, 0.9)` or `sat(F g)`",
                span,
            )


def comparison_guard(scope: Scope, condition: tree.Expression, layer: object) -> stack.Guard:
    """A condition of an upper layer: comparisons of that layer's numbers, joined by Booleans."""
    assert callable(layer)
    span = condition.span
    match condition:
        case tree.Boolean(value):
            return stack.Truth(value, span=span)
        case tree.Operation(operator, operands) if operator in COMPARISONS:
            left, right = (layer(scope, operand) for operand in operands)
            return stack.Comparison(operator, left, right, span=span)
        case tree.Operation(operator, operands) if operator in {
            "not",
            "and",
            "or",
            "xor",
            "->",
            "<->",
        }:
            parts = tuple(comparison_guard(scope, operand, layer) for operand in operands)
            return connective(operator, parts, span)
        case _:
            scope.fail("E301", "here a condition compares numbers, such as `[x >= 1]`", span)


def _refuse_name(scope: Scope, name: str, span: Span) -> NoReturn:
    meaning = scope.declared(name, span)
    if meaning is None:
        signal(scope, tree.Name(name, span=span))  # reports the unknown name
    scope.fail(
        "E305",
        f"`{name}` is a number per transition; expected a number of a whole trajectory",
        span,
        help=f"sum it up: `discounted({name}, 0.99)`, `average({name})` or "
        f"`total({name}, horizon=100)`",
    )


def _call(scope: Scope, call: tree.Call) -> stack.Number:
    span, function = call.span, call.function
    keywords = dict(call.keyword)
    unknown = [key for key in keywords if key not in _KEYWORDS.get(function, frozenset())]
    if unknown:
        scope.fail("E304", f"`{function}` takes no `{unknown[0]}=`", keywords[unknown[0]].span)
    if len(keywords) != len(call.keyword):
        scope.fail("E304", f"`{function}` has an argument twice", span)
    match function:
        case "sat":
            return satisfaction(scope, _only(scope, call))
        case "LTLf":
            return finite_satisfaction(scope, call)
        case "discounted":
            return _discounted(scope, call, keywords)
        case "average":
            return stack.Average(_signal_argument(scope, call), span=span)
        case "sup" | "inf":
            kind: Literal["sup", "inf"] = "sup" if function == "sup" else "inf"
            return stack.Extremum(kind, _signal_argument(scope, call), span=span)
        case "total":
            horizon = _horizon(scope, keywords)
            return stack.Total(_signal_argument(scope, call), horizon, span=span)
        case _:
            return _set_function(scope, call, keywords)


def _only(scope: Scope, call: tree.Call) -> tree.Expression:
    if len(call.positional) != 1:
        scope.fail("E304", f"`{call.function}` takes one argument", call.span)
    return call.positional[0]


def _signal_argument(scope: Scope, call: tree.Call) -> stack.Number:
    argument = _only(scope, call)
    if isinstance(argument, tree.Operation) and argument.operator in "FGXUWRM":
        scope.fail(
            "E306",
            f"`{call.function}` over a formula; it takes a number per transition",
            argument.span,
            help="use `P[...]` for the probability of a formula",
        )
    return signal(scope, argument)


def _discounted(
    scope: Scope, call: tree.Call, keywords: dict[str, tree.Expression]
) -> stack.Number:
    given = list(call.positional)
    given.extend(keywords.values())
    if len(call.positional) == 0 or len(given) != 2:
        scope.fail(
            "E304",
            "`discounted` takes a signal and a discount",
            call.span,
            help="write `discounted(x, 0.99)`",
        )
    discount = constant(scope, given[1], "the discount")
    if not 0 <= discount < 1:
        scope.fail(
            "E303",
            f"discount {_short(discount)} is outside [0, 1)",
            given[1].span,
            help="use `total(x, horizon=H)` or `average(x)` for an undiscounted sum",
        )
    one = tree.Call("discounted", (given[0],), span=call.span, function_span=call.function_span)
    return stack.Discounted(_signal_argument(scope, one), discount, span=call.span)


def _short(value: Fraction) -> str:
    text = str(value)
    if len(text) <= 24:
        return text
    # A number of the language may be larger than any float.
    return f"about {float(value):.6g}" if abs(value) < 10**300 else "of over 300 digits"


def _horizon(scope: Scope, keywords: dict[str, tree.Expression]) -> int | None:
    if "horizon" not in keywords:
        return None
    return integer(scope, keywords["horizon"], "the horizon", most=_MAXIMUM_HORIZON)


def _set_function(
    scope: Scope, call: tree.Call, keywords: dict[str, tree.Expression]
) -> stack.Number:
    span, function = call.span, call.function
    horizon = _horizon(scope, keywords)
    radius = 0
    if "radius" in keywords:
        radius = integer(scope, keywords["radius"], "the radius", most=1_000_000)
    if horizon is None and function in {"facility_location", "logdet"}:
        scope.fail("E304", f"`{function}` needs a horizon", span, help="add `horizon=H`")
    expected = 1 if function in {"distinct", "weighted_coverage"} else 0
    if len(call.positional) != expected:
        scope.fail("E304", f"`{function}` takes {expected} argument(s) before its keywords", span)
    match function:
        case "coverage":
            return stack.SetFunction("coverage", horizon, radius, span=span)
        case "distinct":
            condition = transition_guard(scope, call.positional[0])
            return stack.SetFunction("distinct", horizon, guard=condition, span=span)
        case "weighted_coverage":
            weight = signal(scope, call.positional[0])
            return stack.SetFunction("weighted_coverage", horizon, radius, weight=weight, span=span)
        case "facility_location":
            return stack.SetFunction("facility_location", horizon, span=span)
        case _:
            parameters = _log_det(scope, call, keywords)
            return stack.SetFunction("logdet", horizon, log_det=parameters, span=span)


def _log_det(scope: Scope, call: tree.Call, keywords: dict[str, tree.Expression]) -> stack.LogDet:
    match keywords.get("kernel"):
        case tree.Call("rbf", (length,), ()):
            scale = constant(scope, length, "the length scale of `rbf`")
        case _:
            scope.fail("E304", "`logdet` needs `kernel=rbf(length)`", call.span)
    if "noise" not in keywords:
        scope.fail("E304", "`logdet` needs `noise=s`", call.span)
    noise = constant(scope, keywords["noise"], "the noise")
    if scale <= 0 or noise <= 0:
        scope.fail("E303", "`logdet` needs a positive length scale and noise", call.span)
    return stack.LogDet(scale, noise)
