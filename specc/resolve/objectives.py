"""Numbers of a policy (the outer layer) and orders on policies."""

from __future__ import annotations

from specc.objective import stack
from specc.resolve.constants import constant
from specc.resolve.formulas import finite_satisfaction, satisfaction
from specc.resolve.scope import Scope
from specc.resolve.signals import ARITHMETIC, arithmetic, check_arguments, signal
from specc.resolve.trajectories import TRAJECTORY_FUNCTIONS, comparison_guard, trajectory
from specc.source import Span
from specc.syntax import tree

__all__ = ["objective"]

_LEVELLED = {"quantile": stack.Quantile, "cvar": stack.ConditionalValueAtRisk}


def objective(scope: Scope, expression: tree.Expression) -> stack.Objective:
    """The whole right-hand side of a spec."""
    span = expression.span
    match expression:
        case tree.Call("lexicographic", positional, keyword):
            if keyword or not positional:
                scope.fail("E304", "`lexicographic` takes one or more numbers", span)
            return stack.Lexicographic(tuple(_number(scope, p) for p in positional), span=span)
        case tree.Constrained(inner, constraints):
            number = _number(scope, inner)
            guards = []
            for item in constraints:
                if item.operator not in {">=", "<=", ">", "<"}:
                    scope.fail("E304", "a constraint compares with >= <= > or <", item.span)
                left, right = (_number(scope, operand) for operand in item.operands)
                guards.append(stack.Comparison(item.operator, left, right, span=item.span))
            return stack.Constrained(number, tuple(guards), span=span)
        case _:
            return stack.Scalar(_number(scope, expression), span=span)


def _number(scope: Scope, expression: tree.Expression) -> stack.Number:
    scope.grow(1, expression.span)
    span = expression.span
    match expression:
        case tree.Number(value):
            return stack.Constant(value, span=span)
        case tree.PolicyProbability(action, state):
            return _policy_probability(scope, action, state, span)
        case tree.Operation(operator, operands) if operator in {"+", "*", "/", "**", "neg"}:
            return arithmetic(operator, tuple(_number(scope, o) for o in operands), span)
        case tree.Indicator(condition):
            return stack.Indicator(comparison_guard(scope, condition, _number), span=span)
        case tree.Conditional(condition, then, otherwise):
            return stack.Choice(
                comparison_guard(scope, condition, _number),
                _number(scope, then),
                _number(scope, otherwise),
                span=span,
            )
        case tree.Call(function, positional, _) if function in ARITHMETIC:
            check_arguments(scope, function, positional, span)
            return stack.Apply(function, tuple(_number(scope, p) for p in positional), span=span)
        case tree.Call():
            return _call(scope, expression)
        case tree.Name(name):
            return _refuse_name(scope, name, span)
        case tree.Constrained():
            scope.fail("E305", "`maximise ... subject to` stands alone in a spec", span)
        case _:
            scope.fail(
                "E305", "expected a number of a policy, such as `E[discounted(r, 0.9)]`", span
            )


def _call(scope: Scope, call: tree.Call) -> stack.Number:
    span = call.span
    if call.keyword and call.function in {"E", "P", "quantile", "cvar", "variance"}:
        scope.fail("E304", f"`{call.function}` takes no `{call.keyword[0][0]}=`", span)
    match call.function, call.positional:
        case "P", (body,):
            return stack.Expectation(_formula(scope, body), span=span)
        case "LTLf", _:
            return stack.Expectation(finite_satisfaction(scope, call), span=span)
        case "E", (body,):
            return stack.Expectation(_mean(scope, body), span=span)
        case "variance", (body,):
            return stack.Variance(trajectory(scope, body), span=span)
        case (("quantile" | "cvar"), (level, body)):
            q = constant(scope, level, f"the level of `{call.function}`")
            if not 0 < q <= 1:
                scope.fail("E303", f"the level of `{call.function}` is outside (0, 1]", level.span)
            number = trajectory(scope, body)
            if call.function == "quantile":
                return stack.Quantile(q, number, span=span)
            return stack.ConditionalValueAtRisk(q, number, span=span)
        case (("E" | "P" | "quantile" | "cvar" | "variance"), _):
            scope.fail("E304", f"`{call.function}` has the wrong number of arguments", span)
        case "lexicographic", _:
            scope.fail("E305", "`lexicographic` is an order; it stands alone in a spec", span)
    if call.function in TRAJECTORY_FUNCTIONS:
        mean = "P[...]" if call.function == "sat" else "E[...]"
        scope.fail(
            "E305",
            f"`{call.function}(...)` is a number of one trajectory; policies are compared by "
            "numbers of the whole distribution",
            span,
            help=f"take its mean: `{mean}`",
        )
    if call.function in {"native", "tsallis", "kl"}:
        return _refuse_signal(scope, call.function, span)
    known = frozenset(ARITHMETIC) | TRAJECTORY_FUNCTIONS | {"E", "P", "lexicographic", "policy"}
    known |= {"quantile", "cvar", "variance"}
    scope.unknown("E208", "function", call.function, known, call.function_span)


def _formula(scope: Scope, body: tree.Expression) -> stack.Number:
    number_like = (
        isinstance(body, tree.Number | tree.Indicator | tree.Conditional | tree.Observation)
        or (isinstance(body, tree.Call) and body.function != "LTLf")
        or (isinstance(body, tree.Operation) and body.operator in {"+", "*", "/", "**", "neg"})
    )
    if number_like:
        scope.fail(
            "E306",
            "`P[...]` over a number; it takes a formula",
            body.span,
            help="use `E[...]` for the mean of a number",
        )
    return satisfaction(scope, body)


def _mean(scope: Scope, body: tree.Expression) -> stack.Number:
    if isinstance(body, tree.Operation) and body.operator in "FGXUWRM":
        scope.fail(
            "E306",
            "`E[...]` over a formula; it takes a number of a trajectory",
            body.span,
            help="write `P[...]`, or `E[sat(...)]`",
        )
    return trajectory(scope, body)


def _refuse_name(scope: Scope, name: str, span: Span) -> stack.Number:
    meaning = scope.declared(name, span)
    if meaning is None:
        signal(scope, tree.Name(name, span=span))  # reports the unknown name
    return _refuse_signal(scope, name, span)


def _refuse_signal(scope: Scope, name: str, span: Span) -> stack.Number:
    scope.fail(
        "E305",
        f"`{name}` is a number per transition; a spec is a number of the policy",
        span,
        help=f"write `E[discounted({name}, 0.99)]`",
    )


def _policy_probability(scope: Scope, action: str, state: str, span: Span) -> stack.Number:
    states, actions = scope.vocabulary.states, scope.vocabulary.actions
    if states is not None and state not in states:
        scope.unknown("E204", "state", state, states, span)
    if actions is not None and action not in actions:
        scope.unknown("E204", "action", action, actions, span)
    return stack.PolicyProbability(action, state, span=span)
