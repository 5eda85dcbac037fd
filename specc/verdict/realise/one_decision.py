"""Rule "one decision": a single reachable state with two or more actions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from specc.automata.formula import Atom, Connective
from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.two_valued import guard_text
from specc.verdict.evidence import Realisation
from specc.verdict.question import Question
from specc.verdict.realise.definedness import has_values
from specc.verdict.realise.facts import Facts, facts, read_states, restricted
from specc.verdict.realise.found import already
from specc.verdict.realise.profile import direction_in_one_decision
from specc.verdict.realise.reduce import Reduced, all_tied, reduced
from specc.verdict.realise.validate import said

__all__ = ["one_decision", "reads_only"]

_RULE = "one decision"
_NO_FUNCTION = (
    "the function is given by its value at every distribution over the actions, for which the "
    "language has no text"
)


def one_decision(question: Question) -> Iterator[Realisation]:
    """RRL; with two actions ONMR; MR, LTL and LAR where the order is monotone."""
    known = facts(question)
    found = reduced(question, spoken=False)
    if (
        len(known.decisions) != 1
        or all_tied(found.objective)
        or isinstance(found.objective, stack.Lexicographic)
        or not reads_only(question, found.objective)
        or not has_values(question, found.objective)
    ):
        return
    (state,) = known.decisions
    mdp = question.mdp
    if mdp.stopped[state]:
        return
    name, count = mdp.states[state], len(mdp.choices(state))
    if count == 2:
        yield from _monotone(question, known, found, state)
    preserves = found.preserves if isinstance(found.objective, stack.Scalar) else "order"
    why = "; ".join((*found.why, f"{name} is the only reachable state with a choice"))
    if count == 2 and not already(question, "ONMR"):
        more = f"{why}, and how often it takes its first action there gives away the policy"
        yield Realisation("ONMR", _RULE, more, None, _NO_FUNCTION, preserves)
    if not already(question, "RRL"):
        more = f"{why}, which a regulariser of the policy there can value at will"
        yield Realisation("RRL", _RULE, more, None, _NO_FUNCTION, preserves)


def reads_only(question: Question, objective: stack.Objective) -> bool:
    """Whether every ``policy(a | s)`` in the objective is about a state that can be reached."""
    reachable = facts(question).reachable
    return all(reachable[question.mdp.states.index(name)] for name in read_states(objective))


def _monotone(
    question: Question, known: Facts, found: Reduced, state: int
) -> Iterator[Realisation]:
    """The order by the probability of one of the two actions."""
    wanted = [symbol for symbol in ("MR", "LTL", "LAR") if not already(question, symbol)]
    if not wanted or not isinstance(found.objective, stack.Scalar):
        return
    sign = direction_in_one_decision(question, found.objective.number, state)
    if sign is None:
        return
    mdp = question.mdp
    first, second = (mdp.actions[choice] for choice in mdp.choices(state))
    action = first if sign > 0 else second
    why = "; ".join(
        (
            *found.why,
            f"{mdp.states[state]} is the only reachable state with a choice, and the value is "
            f"strictly increasing in the probability of {action} there",
        )
    )
    here = stack.Before(stack.Here(mdp.states[state]))
    taken = stack.Indicator(stack.AllOf((here, stack.Action(action))))
    for formalism in wanted:
        trajectory: Number
        match formalism:
            case "MR":
                trajectory = stack.Discounted(taken, Fraction(1, 2))
            case "LTL":
                trajectory = _first_action(here, stack.Action(action))
            case _:
                if restricted(known, state).count:
                    continue
                trajectory = stack.Average(taken)
        objective = stack.Scalar(stack.Expectation(trajectory))
        yield said(question, formalism, _RULE, why, objective, "order")


def _first_action(here: stack.Guard, action: stack.Guard) -> stack.Satisfaction:
    """The first transition that leaves the state takes the action."""
    left, taken = Atom(guard_text(here)), Atom(guard_text(action))
    formula = Connective("U", (Connective("not", (left,)), Connective("and", (left, taken))))
    return stack.Satisfaction(formula, ((guard_text(here), here), (guard_text(action), action)))
