"""Guards and signals: a truth value or a number per transition."""

from __future__ import annotations

from fractions import Fraction
from typing import NoReturn

from specc.objective import stack
from specc.objective.walk import guard_numbers, leaves
from specc.resolve.constants import constant
from specc.resolve.scope import Meaning, Scope, Unresolved
from specc.source import Span
from specc.syntax import tree

__all__ = [
    "ARITHMETIC",
    "COMPARISONS",
    "TEMPORAL",
    "guard",
    "label",
    "refuse_memory",
    "signal",
    "transition_guard",
]

TEMPORAL = frozenset("FGXUWRM")
COMPARISONS = frozenset(["<", "<=", ">", ">=", "=", "!="])
ARITHMETIC = {"min": None, "max": None, "abs": 1, "exp": 1, "log": 1, "sqrt": 1}
"""Functions of numbers in every layer, with their number of arguments (None: one or more)."""

_TRAJECTORY = frozenset(
    [
        "discounted",
        "average",
        "total",
        "sup",
        "inf",
        "sat",
        "LTLf",
        "coverage",
        "distinct",
        "weighted_coverage",
        "facility_location",
        "logdet",
    ]
)
_LOTTERY = frozenset(["E", "P", "quantile", "cvar", "variance"])
_NUMBERS = (
    stack.Constant | stack.Apply | stack.Indicator | stack.Choice | stack.Native
    | stack.Observation | stack.MachineOutput | stack.PolicyTerm
)  # fmt: skip
_GUARDS = (
    stack.Truth | stack.LabelIs | stack.Here | stack.Action | stack.Info | stack.Before
    | stack.Comparison | stack.Negation | stack.AllOf | stack.AnyOf
)  # fmt: skip


def guard(scope: Scope, expression: tree.Expression) -> stack.Guard:
    """A Boolean expression over one transition."""
    scope.grow(1, expression.span)
    span = expression.span
    match expression:
        case tree.Boolean(value):
            return stack.Truth(value, span=span)
        case tree.Name(name):
            return label(scope, name, span)
        case tree.At(state):
            _known_state(scope, state, span)
            return stack.Here(state, span=span)
        case tree.ActionIs(action, negated):
            known = scope.vocabulary.actions
            if known is not None and action not in known:
                scope.unknown("E204", "action", action, known, span)
            is_action = stack.Action(action, span=span)
            return stack.Negation(is_action, span=span) if negated else is_action
        case tree.InfoKey(key):
            if scope.vocabulary.finite:
                scope.fail("E301", f"`info.{key}` has no value in a finite model", span)
            return stack.Info(key, span=span)
        case tree.From(operand):
            inner = transition_guard(scope, operand)
            _refuse_transition_parts(scope, inner, span)
            return stack.Before(inner, span=span)
        case tree.Operation(operator, operands):
            return _operation(scope, operator, operands, span)
        case _:
            shown = _describe(expression)
            scope.fail("E301", f"expected a truth value, found {shown}", span)


def transition_guard(scope: Scope, expression: tree.Expression) -> stack.Guard:
    """A guard that one transition decides: an atom of a formula, an edge of a machine."""
    condition = guard(scope, expression)
    refuse_memory(scope, condition, expression.span)
    return condition


def refuse_memory(scope: Scope, condition: stack.Guard, span: Span) -> None:
    """Comparisons of machines and of the policy's randomness are signals, but no propositions."""
    for number in guard_numbers(condition):
        for node in leaves(number):
            if isinstance(node, stack.MachineOutput | stack.PolicyTerm):
                what = "a machine" if isinstance(node, stack.MachineOutput) else "the policy"
                scope.fail(
                    "E301",
                    f"here a condition reads one transition; this one compares a number of {what}",
                    span,
                    help="use labels, `at(...)`, `action = a` or `obs[i]`",
                )


def _operation(
    scope: Scope, operator: str, operands: tuple[tree.Expression, ...], span: Span
) -> stack.Guard:
    if operator in COMPARISONS:
        left, right = (signal(scope, operand) for operand in operands)
        return stack.Comparison(operator, left, right, span=span)
    if operator in TEMPORAL:
        scope.fail("E301", f"`{operator}` speaks of the future; here one transition is read", span)
    if operator in {"+", "*", "/", "**", "neg"}:
        scope.fail("E301", "expected a truth value, found a number", span)
    parts = tuple(guard(scope, operand) for operand in operands)
    return connective(operator, parts, span)


def connective(operator: str, parts: tuple[stack.Guard, ...], span: Span) -> stack.Guard:
    """``not and or xor -> <->`` in terms of Negation, AllOf and AnyOf."""

    def negated(part: stack.Guard) -> stack.Guard:
        return stack.Negation(part, span=part.span)

    match operator:
        case "not":
            return stack.Negation(parts[0], span=span)
        case "and":
            return stack.AllOf(parts, span=span)
        case "or":
            return stack.AnyOf(parts, span=span)
        case "->":
            return stack.AnyOf((negated(parts[0]), parts[1]), span=span)
    result = parts[0]
    for part in parts[1:]:
        same = stack.AnyOf(
            (
                stack.AllOf((result, part), span=span),
                stack.AllOf((negated(result), negated(part)), span=span),
            ),
            span=span,
        )
        result = same if operator == "<->" else negated(same)
    return result


def label(scope: Scope, name: str, span: Span) -> stack.Guard:
    """A proposition of the file or a label of the environment."""
    meaning = scope.declared(name, span)
    if meaning is not None:
        if isinstance(meaning, _GUARDS):
            return meaning
        kind = "machine" if isinstance(meaning, stack.Machine) else "number"
        if isinstance(meaning, stack.AutomatonSatisfaction):
            kind = "machine"
        scope.fail("E301", f"`{name}` is a {kind}; expected a proposition", span)
    known = scope.vocabulary.labels
    if known is not None and name not in known:
        propositions = frozenset(
            n for n, d in scope.declarations.items() if isinstance(d, tree.PropositionDeclaration)
        )
        scope.unknown("E201", "proposition", name, known | propositions, span)
    return stack.LabelIs(name, span=span)


def signal(scope: Scope, expression: tree.Expression) -> stack.Number:
    """A number per transition."""
    scope.grow(1, expression.span)
    span = expression.span
    match expression:
        case tree.Number(value):
            return stack.Constant(value, span=span)
        case tree.Name(name):
            return _named(scope, name, span)
        case tree.Indicator(condition):
            return stack.Indicator(guard(scope, condition), span=span)
        case tree.Conditional(condition, then, otherwise):
            return stack.Choice(
                guard(scope, condition), signal(scope, then), signal(scope, otherwise), span=span
            )
        case tree.Observation(index):
            size = scope.vocabulary.observation_size
            if size is not None and index >= size:
                many = f"{size} components" if size else "no observation"
                scope.fail("E205", f"`obs[{index}]`: the environment has {many}", span)
            return stack.Observation(index, span=span)
        case tree.Operation(operator, operands) if operator in {"+", "*", "/", "**", "neg"}:
            return arithmetic(operator, tuple(signal(scope, o) for o in operands), span)
        case tree.Call(function, positional, keyword):
            return _call(scope, expression, function, positional, keyword)
        case tree.Boolean() | tree.At() | tree.From() | tree.ActionIs() | tree.InfoKey():
            _fail_truth(scope, span)
        case tree.Operation():
            _fail_truth(scope, span)
        case _:
            scope.fail("E301", f"expected a signal, found {_describe(expression)}", span)


def arithmetic(operator: str, parts: tuple[stack.Number, ...], span: Span) -> stack.Number:
    """The shared functions of numbers; ``neg`` is a product with -1."""
    if operator == "neg":
        if isinstance(parts[0], stack.Constant):
            return stack.Constant(-parts[0].value, span=span)
        return stack.Apply("*", (stack.Constant(Fraction(-1), span=span), parts[0]), span=span)
    return stack.Apply(operator, parts, span=span)


def _named(scope: Scope, name: str, span: Span) -> stack.Number:
    meaning = scope.declared(name, span)
    if meaning is None:
        match name:
            case "entropy":
                return stack.PolicyTerm("entropy", span=span)
            case "native":
                return _native(scope, "", span)
        known = scope.vocabulary.labels
        if known is not None and name in known:
            _fail_truth(scope, span, name)
        rewards = frozenset(
            n
            for n, d in scope.declarations.items()
            if not isinstance(d, tree.PropositionDeclaration)
        )
        scope.unknown("E202", "reward or machine", name, rewards | {"entropy", "native"}, span)
    match meaning:
        case stack.Machine():
            return stack.MachineOutput(meaning, span=span)
        case stack.AutomatonSatisfaction():
            return _marks_signal(scope, meaning, span)
    if isinstance(meaning, _NUMBERS):
        return meaning
    _fail_truth(scope, span, name)


def _marks_signal(
    scope: Scope, satisfaction: stack.AutomatonSatisfaction, span: Span
) -> stack.Number:
    machine = satisfaction.signal
    if machine is None:
        scope.fail(
            "E301",
            f"`{satisfaction.name}` is a signal only with Buechi acceptance; use `P[...]`",
            span,
        )
    return stack.MachineOutput(machine, span=span)


def _native(scope: Scope, name: str, span: Span) -> stack.Number:
    known = scope.vocabulary.natives
    if known is not None and name not in known:
        if not known:
            scope.fail("E203", "the environment has no reward of its own", span)
        names = ", ".join(f'native("{n}")' if n else "native" for n in sorted(known))
        if not name and len(known) == 1:
            return stack.Native(next(iter(known)), span=span)
        scope.fail("E203", f'unknown reward `native("{name}")`; there is: {names}', span)
    return stack.Native(name, span=span)


def _call(
    scope: Scope,
    expression: tree.Call,
    function: str,
    positional: tuple[tree.Expression, ...],
    keyword: tuple[tuple[str, tree.Expression], ...],
) -> stack.Number:
    span = expression.span
    if keyword and function not in _TRAJECTORY | _LOTTERY:
        scope.fail("E304", f"`{function}` takes no `{keyword[0][0]}=`", span)
    if function in ARITHMETIC:
        check_arguments(scope, function, positional, span)
        return stack.Apply(function, tuple(signal(scope, p) for p in positional), span=span)
    match function, positional:
        case "native", (tree.Name(name),):
            return _native(scope, name, span)
        case "tsallis", (order,):
            q = constant(scope, order, "the order of `tsallis`")
            if q <= 0 or q == 1:
                scope.fail("E302", "`tsallis(q)` needs q > 0 and q != 1", span)
            return stack.PolicyTerm("tsallis", order=q, span=span)
        case "kl", (tree.Name(name),):
            if name not in scope.policies and name != "uniform":
                known = frozenset(scope.policies) | {"uniform"}
                scope.unknown("E207", "policy", name, known, positional[0].span)
            return stack.PolicyTerm("kl", reference=name, span=span)
        case (("native" | "tsallis" | "kl"), _):
            scope.fail("E304", f"`{function}` takes one argument", span)
    if function in _TRAJECTORY:
        scope.fail(
            "E305",
            f"`{function}(...)` is a number of a whole trajectory; here a signal (a number per "
            "transition) is expected",
            span,
        )
    if function in _LOTTERY:
        scope.fail(
            "E305",
            f"`{function}` is a number of a policy; here a signal (a number per transition) is "
            "expected",
            span,
        )
    known_functions = frozenset(ARITHMETIC) | {"native", "tsallis", "kl"}
    scope.unknown("E208", "function", function, known_functions, expression.function_span)


def check_arguments(
    scope: Scope, function: str, positional: tuple[tree.Expression, ...], span: Span
) -> None:
    """The number of arguments of a shared function."""
    count = ARITHMETIC[function]
    if not positional or (count is not None and len(positional) != count):
        scope.fail("E304", f"`{function}` takes {count or 'one or more'} argument(s)", span)


def _known_state(scope: Scope, state: str, span: Span) -> None:
    known = scope.vocabulary.states
    if known is not None and state not in known:
        scope.unknown("E204", "state", state, known, span)


def _refuse_transition_parts(scope: Scope, inner: stack.Guard, span: Span) -> None:
    pending = [inner]
    while pending:
        match pending.pop():
            case stack.Action() | stack.Before() | stack.Info():
                scope.fail("E301", "`from(...)` reads state labels only", span)
            case stack.LabelIs(name) if name in scope.vocabulary.transition_labels:
                scope.fail("E301", f"`{name}` is a label of transitions, not of states", span)
            case stack.Negation(part):
                pending.append(part)
            case stack.AllOf(parts) | stack.AnyOf(parts):
                pending.extend(parts)
            case _:
                pass


def _fail_truth(scope: Scope, span: Span, name: str | None = None) -> NoReturn:
    shown = f"`{name}` is a proposition" if name else "this is a truth value"
    scope.reporter.report(
        "E301",
        f"{shown}; expected a number",
        span,
        help=f"write `[{name or '...'}]` for the number that is 1 where it holds",
    )
    raise Unresolved


def _describe(expression: tree.Expression) -> str:
    match expression:
        case tree.Number():
            return "a number"
        case tree.Call(function):
            return f"`{function}(...)`"
        case tree.Indicator() | tree.Conditional() | tree.Observation():
            return "a number"
        case tree.PolicyProbability():
            return "`policy(a | s)`"
        case tree.Constrained():
            return "`maximise ... subject to`"
        case _:
            return "a truth value"


def is_number(meaning: Meaning) -> bool:
    """Whether a declaration stands for a signal."""
    return isinstance(meaning, _NUMBERS)
