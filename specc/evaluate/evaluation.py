"""``evaluate``: what an objective is worth under one policy, exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from specc.chain.linear import SystemTooLarge
from specc.diagnostics import SpecError
from specc.evaluate.irrational import References
from specc.evaluate.mean import lottery
from specc.evaluate.outer import evaluate_number
from specc.evaluate.run import AnyPolicy
from specc.evaluate.value import Value, compare, exact
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.objective import stack
from specc.objective.simplify import simplify_objective
from specc.objective.stack import Number
from specc.resolve.file import Spec

__all__ = ["Evaluation", "evaluate", "evaluate_objective", "evaluated", "references"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The value of one spec under a policy.

    ``value`` is exact where it is rational; ``lower`` and ``upper`` always enclose it (None: an
    infinite end). For an order with several components these speak of the first, and ``values``
    lists all as (value, lower, upper). ``feasible`` is None where nothing is constrained or it is
    not decided.
    """

    name: str
    value: Fraction | None
    lower: Fraction | None
    upper: Fraction | None
    values: tuple[tuple[Fraction | None, Fraction | None, Fraction | None], ...] = ()
    feasible: bool | None = None


def evaluate(spec: Spec, policy: AnyPolicy) -> Evaluation:
    """The exact value of a spec under a stationary (or finite-memory) rational policy.

    Rational wherever the objective's value is; logarithms and roots are enclosed. Raises
    SpecError where the spec has no finite model, or a value is undefined at this policy.

    >>> from specc.model.policy import uniform
    >>> from specc.resolve.file import load_text
    >>> file = load_text('''
    ... env coin = mdp { initial s
    ...   s: heads -> t
    ...      tails -> s
    ...   t: heads -> t
    ...   label goal: t }
    ... spec soon in coin = E[discounted([goal], 1/2)]
    ... ''')
    >>> evaluate(file["soon"], uniform(file["soon"].environment)).value
    Fraction(4, 3)
    """
    mdp = spec.environment
    if not isinstance(mdp, Mdp):
        raise SpecError.of(
            "E710",
            f"`{spec.name}` has no finite environment to be evaluated in",
            source=spec.source,
            span=spec.declaration.name.span,
        )
    try:
        return evaluate_objective(spec.name, spec.objective, mdp, policy, references(spec, mdp))
    except SpecError as error:
        raise placed(error, spec) from None
    except SystemTooLarge as error:
        raise SpecError.of(
            "E711",
            f"`{spec.name}` is too large to be evaluated exactly: {error}",
            source=spec.source,
            span=spec.declaration.name.span,
            help="`specc solve` gives certified intervals on larger models",
        ) from None


def placed(error: SpecError, spec: Spec) -> SpecError:
    """The error with the spec's source, so that its span can be shown."""
    from dataclasses import replace

    return SpecError(
        replace(d, source=spec.source) if d.source is None and d.span is not None else d
        for d in error.diagnostics
    )


def references(spec: Spec, mdp: Mdp) -> References:
    """The policies that `kl(...)` in this spec's file may name."""
    from specc.model.policy import uniform
    from specc.model.policy_file import read_policy

    found: dict[str, Policy] = {}
    for name, declaration in spec.file.policies.items():
        if declaration.path is None:
            found[name] = uniform(mdp)
            continue
        policy = read_policy(spec.file.base / declaration.path.value, mdp)
        if isinstance(policy, Policy):
            found[name] = policy
    return found


def evaluate_objective(
    name: str,
    objective: stack.Objective,
    mdp: Mdp,
    policy: AnyPolicy,
    known: References | None = None,
) -> Evaluation:
    """The same for an objective at hand."""
    cache: dict[Number, Value] = {}

    def leaf(number: Number) -> Value:
        if number not in cache:
            cache[number] = _leaf(number, mdp, policy, known or {})
        return cache[number]

    return evaluated(name, simplify_objective(objective), leaf)


def evaluated(name: str, objective: stack.Objective, leaf: Callable[[Number], Value]) -> Evaluation:
    """An objective's evaluation from those of its numbers of the policy, as ``leaf`` gives them."""
    match objective:
        case stack.Scalar(number):
            value = evaluate_number(number, leaf)
            return Evaluation(name, value.exact, *value.bounds())
        case stack.Lexicographic(numbers):
            values = [evaluate_number(number, leaf) for number in numbers]
            rows = tuple((v.exact, *v.bounds()) for v in values)
            return Evaluation(name, *rows[0], values=rows)
        case stack.Constrained(number, constraints):
            value = evaluate_number(number, leaf)
            verdicts = [
                compare(c.operator, evaluate_number(c.left, leaf), evaluate_number(c.right, leaf))
                for c in constraints
            ]
            feasible = False if False in verdicts else (None if None in verdicts else True)
            return Evaluation(name, value.exact, *value.bounds(), feasible=feasible)


def _leaf(number: Number, mdp: Mdp, policy: AnyPolicy, known: References) -> Value:
    if isinstance(number, stack.PolicyProbability):
        if not isinstance(policy, Policy):
            raise SpecError.of(
                "E708", "`policy(a | s)` speaks of stationary policies", span=number.span
            )
        return exact(_probability(number, mdp, policy))
    return lottery(number, mdp, policy, known)


def _probability(number: stack.PolicyProbability, mdp: Mdp, policy: Policy) -> Fraction:
    state = mdp.states.index(number.state)
    for choice in mdp.choices(state):
        if mdp.actions[choice] == number.action:
            return policy.probabilities[choice]
    return Fraction(0)
